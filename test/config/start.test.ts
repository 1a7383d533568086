// `node src/main.ts` with settings that are wrong: what a person at a terminal sees.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

async function run(environment: Record<string, string>) {
  const child = spawn(process.execPath, [new URL('../../src/main.ts', import.meta.url).pathname], {
    cwd: tmpdir(),
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ])
  return { code, stdout, stderr }
}

test('wrong settings end the start with code 1 and one line for each, without a stack or a secret', async () => {
  const { code, stdout, stderr } = await run({
    PORT: 'sekret-1',
    OMA_SERVER_ROOT: 'https://user:sekret-2@op.example',
    OMA_AUTH: 'client_credentials',
    OMA_CLIENT_SECRET: 'sekret-3',
    REDIS_URL: 'sekret-4',
    ID_KEY: 'sekret-5',
    NOTIFY_SECRET: 'sekret-6',
    AUTH: 'sekret-7',
  })

  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.deepEqual(stderr.split('\n'), [
    'PORT: expected a whole number from 0 to 65535',
    'OMA_SERVER_ROOT: expected an http or https URL without credentials, query and fragment',
    'REDIS_URL: expected redis:// or rediss:// URLs, separated by commas',
    'AUTH: expected on or off',
    'ID_KEY: expected 32 bytes in base64, or several such keys separated by commas',
    'OMA_TOKEN_URL: expected to be set, for OMA_AUTH=client_credentials',
    'OMA_CLIENT_ID: expected to be set, for OMA_AUTH=client_credentials',
    'JWKS_URL: expected the URL of the key set that signs access tokens; AUTH=off lets everybody do everything',
    '',
  ])
})

test('a real upstream without JWKS_URL ends the start', async () => {
  assert.deepEqual(await run({ OMA_SERVER_ROOT: 'https://op.example' }), {
    code: 1,
    stdout: '',
    stderr:
      'JWKS_URL: expected the URL of the key set that signs access tokens; AUTH=off lets everybody do everything\n',
  })
})

test('an operators file that is not there ends the start', async () => {
  assert.deepEqual(await run({ OMA_OPERATORS_FILE: '/nowhere/operators.json', AUTH: 'off' }), {
    code: 1,
    stdout: '',
    stderr: 'OMA_OPERATORS_FILE: expected the path of a file that can be read\n',
  })
})

test('a port that is taken ends the start, with the sandbox that was started for it', async (t) => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo

  const { code, stderr } = await run({ PORT: String(port), LOG_LEVEL: 'silent' })

  assert.equal(code, 1)
  assert.equal(stderr, "HOST, PORT: can't listen there (EADDRINUSE)\n")
})
