// One process under load, while hundreds of clients misuse it and an operator speaks no HTTP: it goes on, as the same process.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { createSandbox } from '../../src/sandbox/world.ts'
import { post } from '../support/gateway.ts'
import { settingsFor, startInstance } from './instance.ts'
import { startLoad } from './load.ts'
import { misuses } from './misuse.ts'
import { assertFlawless } from './tally.ts'
import { populate, portal } from './world.ts'

const rounds = 10

// What an operator may send in the place of an answer.
const broken = [
  '',
  '\u0000\u0001 garbage',
  'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{"twinningList":{}}',
  'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"twinn',
  'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n',
  `HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n{}`,
  'HTTP/1.1 999 \r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\n\r\n',
  'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: 24\r\n\r\n<a xmlns:tw="urn:oma"><b',
  'HTTP/1.1 200 OK\r\nretry-after: \u00ff\r\ncontent-length: 4\r\n\r\nnull',
]

/** An operator that answers each connection with the next of these, and hangs up. */
async function startBrokenOperator(t: TestContext): Promise<{ serverRoot: string; answered: () => number }> {
  let answered = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(broken[answered++ % broken.length] ?? '', 'latin1'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { serverRoot: `http://127.0.0.1:${port}`, answered: () => answered }
}

const brokenQuery = 'query ($addresses: [DeviceAddress!]!) { twinningDevices(addresses: $addresses) { address twinnings { totalCount } } }' // prettier-ignore

/** Reads devices of the broken operator; each is there, and why its twinnings are not is told by the codes. */
async function readBroken(url: string, token: string, round: number): Promise<string[]> {
  const addresses = [0, 1, 2].map((n) => `tel:+1557${round}${n}`)
  const { data, errors } = await post(`${url}/graphql`, token, brokenQuery, { addresses })
  const devices = data.twinningDevices as { address: string; twinnings: unknown }[]
  assert.deepEqual(
    devices.map(({ address }) => address),
    addresses,
  )
  const missing = devices.flatMap(({ twinnings }, i) =>
    twinnings ? [] : [['twinningDevices', i, 'twinnings']],
  )
  const paths = errors.map(({ path }) => path).sort()
  assert.deepEqual(paths, missing)
  return errors.map(({ extensions }) => String(extensions.code))
}

test(
  'hundreds of requests that go wrong cost nobody else anything, and never the process',
  { timeout: 60_000 },
  async (t) => {
    const sandbox = await createSandbox({ seed: false })
    t.after(sandbox.close)
    const operator = await startBrokenOperator(t)
    const more = {
      id: 'broken',
      serverRoot: operator.serverRoot,
      match: ['tel:+1557'],
      auth: { type: 'none' },
    }
    const instance = await startInstance(t, settingsFor(t, sandbox, [more]))
    const targets = await populate(sandbox, instance.url)
    const token = await portal(sandbox)
    const load = startLoad(t, { instances: [instance.url], targets, token, readersOfEach: 2 })
    await load.phase('before', 400)
    await load.phase('during', 0)

    let misused = 0
    const codes = new Map<string, number>()
    for (let round = 0; round < rounds; round++) {
      const misusing = Object.values(misuses).map(async (misuse) => {
        await misuse(instance.url, token)
        misused += 1
      })
      for (const code of await readBroken(instance.url, token, round))
        codes.set(code, (codes.get(code) ?? 0) + 1)
      await Promise.all(misusing)
    }
    await load.phase('after', 400)
    const tallies = await load.stop()
    t.diagnostic(`${misused} misuses, ${operator.answered()} broken answers: ${JSON.stringify([...codes])}`)

    assert.ok(instance.isRunning())
    assert.equal((await fetch(`${instance.url}/health/ready`)).status, 200)
    assert.deepEqual([instance.errors(), instance.mistakes()], ['', []])
    assertFlawless(tallies, ['before', 'during', 'after'])
    assert.equal(misused, rounds * Object.keys(misuses).length)
    assert.ok(operator.answered() >= broken.length)
    const known = ['UPSTREAM_INVALID_RESPONSE', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT']
    assert.deepEqual(
      [...codes.keys()].filter((code) => !known.includes(code)),
      [],
    )
    instance.terminate()
    assert.equal((await instance.ended).code, 0)
  },
)
