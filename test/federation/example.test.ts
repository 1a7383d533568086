// `npm run federation`, as a person does it.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { startServer } from '../support/operator.ts'
import { until } from '../support/until.ts'

const shell = promisify(execFile)

function start(t: TestContext, port: string) {
  const child = spawn(process.execPath, [resolve('examples/federation/start.ts')], {
    env: { PATH: process.env.PATH ?? '', PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = once(child, 'close') as Promise<[number | null]>
  return { child, printed: () => printed, ended }
}

test('it prints joined queries that can be pasted and are answered by both subgraphs, and ends with all that it started', async (t) => {
  const { child, printed, ended } = start(t, '0')
  await until(
    'the graph is up',
    () => printed().includes('Ctrl-C stops it all') || child.exitCode !== null,
    60_000,
  )

  const lines = [...printed().matchAll(/^curl .*$/gm)].map(([line]) => line)
  const answers = await Promise.all(
    lines.map(async (line) => JSON.parse((await shell('sh', ['-c', line])).stdout) as unknown),
  )
  child.kill('SIGTERM')
  const [code] = await ended

  assert.deepEqual(answers, [
    {
      data: {
        twinningDevice: {
          address: 'tel:+15550100',
          model: 'Phone 12',
          colour: 'black',
          twinnings: {
            nodes: [
              { twinningStatus: 'ON', monthlyFee: '4.99 EUR', otherDevice: { name: 'myCar', device: { model: 'Roadster', colour: 'red' } } }, // prettier-ignore
              { twinningStatus: 'OFF', monthlyFee: '4.99 EUR', otherDevice: { name: 'myTablet', device: { model: null, colour: null } } }, // prettier-ignore
            ],
          },
        },
      },
    },
    {
      data: {
        soldDevices: [
          {
            model: 'Phone 12',
            twinnings: {
              nodes: [
                { __typename: 'PrimaryTwinning', twinningStatus: 'ON', monthlyFee: '4.99 EUR' },
                { __typename: 'PrimaryTwinning', twinningStatus: 'OFF', monthlyFee: '4.99 EUR' },
              ],
            },
          },
          { model: 'Watch S', twinnings: { nodes: [] } },
          {
            model: 'Roadster',
            twinnings: {
              nodes: [
                { __typename: 'SecondaryTwinning', twinningStatus: 'ON', monthlyFee: '4.99 EUR', voicemailAccess: { address: 'tel:+15550999' } }, // prettier-ignore
              ],
            },
          },
        ],
      },
    },
  ])
  assert.equal(code, 0)
  const [hive = ''] = /http:\/\/127\.0\.0\.1:\d+\/graphql/.exec(printed()) ?? []
  await assert.rejects(fetch(hive, { method: 'POST' }))
})

test('a port that is taken is told, and nothing stays behind', async (t) => {
  const { url } = await startServer(t, (_, response) => response.end())
  const { port } = new URL(url)

  const { printed, ended } = start(t, port)
  const [code] = await ended

  assert.equal(code, 1)
  assert.equal(printed(), `PORT: can't listen on ${port}\n`)
})
