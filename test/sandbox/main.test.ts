import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { send } from './support.ts'

type Program = ChildProcessByStdio<null, Readable, Readable>

const main = new URL('../../src/sandbox/main.ts', import.meta.url).pathname

function run(t: TestContext, ...flags: string[]): Program {
  const program = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => program.kill('SIGKILL'))
  return program
}

async function ended(program: Program): Promise<{ code: number; stdout: string; stderr: string }> {
  const [[code], stdout, stderr] = await Promise.all([
    once(program, 'close') as Promise<[number]>,
    text(program.stdout),
    text(program.stderr),
  ])
  return { code, stdout, stderr }
}

/** What it has printed by the time it is ready. */
async function ready({ stdout }: Program): Promise<string> {
  let printed = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    printed += chunk.toString()
    if (printed.includes('Ctrl-C')) return printed
  }
  throw new Error(`ended early: ${printed}`)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`npm run sandbox prints how to use it, and stops cleanly on ${signal}`, async (t) => {
    const program = run(t, '--port', '0')
    const printed = await ready(program)

    const [, token = '', url = ''] = /^curl -s -H 'Authorization: Bearer (.+)' '(.+)'$/m.exec(printed) ?? []
    const [, jwksUrl = ''] = /^JWKS_URL=(.+)$/m.exec(printed) ?? []
    const [, table = ''] = /^(\[\n.*?^\])$/ms.exec(printed) ?? []
    const list = await send('GET', url, undefined, { authorization: `Bearer ${token}` })
    const keys = await send('GET', jwksUrl)
    program.kill(signal)
    const [code] = (await once(program, 'close')) as [number]

    assert.equal(list.body.twinningList.twinning.length, 2)
    assert.equal(keys.status, 200)
    assert.deepEqual(
      (JSON.parse(table) as { id: string }[]).map(({ id }) => id),
      ['alpha', 'beta'],
    )
    assert.match(printed, /^JWT_ISSUER=http:\/\/127\.0\.0\.1:\d+\nJWT_AUDIENCE=twinning-gateway$/m)
    assert.equal(code, 0)
  })
}

test('--vm-address-on says which reading of the change request the operators follow', async (t) => {
  const printed = await ready(run(t, '--port', '0', '--vm-address-on', 'Primary'))

  const [, url = ''] = /settings: (\S+)\)/.exec(printed) ?? []
  const { text } = await send('GET', `${url}settings`)

  assert.match(text, /"vmAddressOn":"Primary"/)
})

test('--help prints the flags and starts nothing', async (t) => {
  const { code, stdout, stderr } = await ended(run(t, '--help'))

  assert.equal(code, 0)
  assert.match(stdout, /--port .*\n.*--host .*\n.*--vm-address-on /)
  assert.equal(stderr, '')
})

for (const [flags, line] of [
  [['--port', 'http'], "sandbox: --port: expected 0 to 65533, got 'http'\n"],
  [['--vm-address-on', 'Both'], "sandbox: --vm-address-on: expected Secondary or Primary, got 'Both'\n"],
  [['--port', '-1'], "sandbox: Option '--port' argument is ambiguous.\n"],
  [['--prot', '1'], "sandbox: Unknown option '--prot'\n"],
] as const) {
  test(`${flags.join(' ')} ends with one line and code 1`, async (t) => {
    const { code, stdout, stderr } = await ended(run(t, ...flags))

    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.equal(stderr, line)
  })
}

test('a port that is taken ends with one line and code 1', async (t) => {
  const printed = await ready(run(t, '--port', '0'))
  const [, port = ''] = /^Operator alpha {2}http:\/\/127\.0\.0\.1:(\d+)/m.exec(printed) ?? []

  const { code, stderr } = await ended(run(t, '--port', port))

  assert.equal(code, 1)
  assert.equal(stderr, `sandbox: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`)
})
