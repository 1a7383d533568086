// `npm start`, as a person does it: a process of its own, and what it prints.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { listening, start, withOperators, type Started } from './support/process.ts'
import { until } from './support/until.ts'

const shell = promisify(execFile)

async function refusesConnections(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health/live`)
    return false
  } catch {
    return true
  }
}

async function banner(started: Started): Promise<string> {
  await until('the banner is complete', () => started.output().includes('Ctrl-C stops it all'), 15_000)
  return started.output()
}

async function post(url: string, token: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown }
  return errors === undefined ? { data } : { data, errors }
}

test('with nothing set it prints URLs that answer, four tokens that work, and a curl line that can be pasted', async (t) => {
  const started = start(t, {})
  const url = await listening(started)
  const text = await banner(started)

  const { stdout } = await shell('sh', ['-c', /^curl .*$/m.exec(text)?.[0] ?? ''])
  const { data } = JSON.parse(stdout) as {
    data: { requestTwinning: { twinning: Record<string, string>; userErrors: unknown[] } }
  }
  const { id, activationCode, ...rest } = data.requestTwinning.twinning
  assert.deepEqual([rest, data.requestTwinning.userErrors], [{ twinningStatus: 'PENDING' }, []])
  assert.match(id ?? '', /./)
  assert.match(activationCode ?? '', /./)

  const tokens = Object.fromEntries(
    [...text.matchAll(/^([A-Z]+)=(ey\S+)$/gm)].map(([, name, token]) => [name, token!]),
  )
  assert.deepEqual(Object.keys(tokens), ['WATCH', 'PHONE', 'PORTAL', 'ANALYTICS'])
  const device = (address: string) => ({ data: { twinningDevice: { address } } })
  const mine = '{ twinningDevice { address } }'
  assert.deepEqual(await post(url, tokens.WATCH, mine), device('tel:+15560101'))
  assert.deepEqual(await post(url, tokens.PHONE, mine), device('tel:+15550100'))
  const any = '{ twinningDevice(address: "tel:+15560101") { twinnings { totalCount } } }'
  assert.deepEqual(await post(url, tokens.PORTAL, any), {
    data: { twinningDevice: { twinnings: { totalCount: 1 } } },
  })
  const count = '{ twinningStatistics(addresses: ["tel:+15560101"]) { twinnings } }'
  assert.deepEqual(await post(url, tokens.ANALYTICS, count), {
    data: { twinningStatistics: { twinnings: 1 } },
  })

  const own = [...text.matchAll(/http:\/\/127\.0\.0\.1:\d+\/(?:health\/ready|metrics)?(?=\s)/g)].map(
    ([found]) => found,
  )
  assert.deepEqual(own, [`${url}/`, `${url}/health/ready`, `${url}/metrics`])
  for (const page of own) assert.equal((await fetch(page)).status, 200, page)
  assert.equal(started.errors(), '')
})

test('the operators of its sandbox tell it what changes between them', async (t) => {
  const started = start(t, {})
  const url = await listening(started)
  const text = await banner(started)
  const token = (name: string) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1] ?? ''
  const asked = await post(
    url,
    token('WATCH'),
    'mutation { requestTwinning(input: {}) { twinning { id activationCode } } }',
  )
  const { id, activationCode } = (
    asked.data.requestTwinning as { twinning: Record<'id' | 'activationCode', string> }
  ).twinning

  await post(
    url,
    token('PHONE'),
    `mutation { activateTwinning(input: {activationCode: "${activationCode}"}) { twinning { id } } }`,
  )

  const status = async () => {
    const { data } = await post(url, token('WATCH'), `{ twinning(id: "${id}") { twinningStatus } }`)
    return (data.twinning as { twinningStatus: string }).twinningStatus
  }
  await until('the watch reads ON', async () => (await status()) === 'ON', 1500)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`on ${signal} it ends with code 0, promptly, whatever is open`, async (t) => {
    const started = start(t, {})
    const url = await listening(started)
    const text = await banner(started)
    const stream = await fetch(`${url}/graphql/stream`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${/^WATCH=(\S+)$/m.exec(text)?.[1] ?? ''}`,
      },
      body: JSON.stringify({ query: 'subscription { twinningChanged { kind } }' }),
    })
    assert.equal(stream.status, 200)

    started.child.kill(signal)
    // As npm does, which hands on what the terminal has sent to both.
    started.child.kill(signal)
    const { code, ms } = await started.ended()

    assert.equal(code, 0)
    assert.ok(ms < 3000, `${Math.round(ms)} ms`)
    assert.equal(started.errors(), '')
  })

test('on SIGTERM readiness fails first; requests are answered all the while, and none is lost', async (t) => {
  const { sandbox, environment } = await withOperators(t)
  const started = start(t, { ...environment, DRAIN_MS: '1500' })
  const url = await listening(started)
  const token = await sandbox.characters.phone.token()
  const query = '{ twinningDevice { twinnings { totalCount } } }'
  const ready = async () => (await fetch(`${url}/health/ready`)).status
  assert.equal(await ready(), 200)

  started.child.kill('SIGTERM')
  const ended = started.ended()
  await until('it is not ready', async () => (await ready()) === 503)
  const live = (await fetch(`${url}/health/live`)).status
  sandbox.operators.alpha.faults.add({ delayMs: 300 })
  const answers: unknown[] = []
  for (const from = performance.now(); performance.now() - from < 800;)
    answers.push((await post(url, token, query)).data)
  // Begun shortly before the listener closes, ended after it.
  sandbox.operators.alpha.faults.add({ delayMs: 1000 })
  const last = post(
    url,
    token,
    '{ twinningDevice(address: "tel:+15550100") { address twinnings { totalCount } } }',
  )
  const { code } = await ended

  assert.equal(live, 200)
  assert.ok(answers.length > 2)
  for (const data of answers) assert.deepEqual(data, { twinningDevice: { twinnings: { totalCount: 2 } } })
  assert.deepEqual((await last).data, {
    twinningDevice: { address: 'tel:+15550100', twinnings: { totalCount: 2 } },
  })
  assert.equal(code, 0)
})

for (const [first, second] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGTERM'],
] as const)
  test(`${second} some time after ${first} ends it at once, though a request still waits`, async (t) => {
    const { sandbox, environment } = await withOperators(t)
    const { alpha } = sandbox.operators
    const started = start(t, { ...environment, OMA_TIMEOUT_MS: '8000' })
    const url = await listening(started)
    alpha.faults.add({ match: { method: 'GET' }, hang: true })
    const arrived = alpha.nextRequest()
    const query = '{ twinningDevice { twinnings { totalCount } } }'
    const cutOff = assert.rejects(post(url, await sandbox.characters.phone.token(), query))
    await arrived

    started.child.kill(first)
    await until('it takes no more connections', () => refusesConnections(url))
    await until('it ends', () => started.child.signalCode !== null || !started.child.kill(second), 3000)

    assert.equal(started.child.signalCode, second)
    await cutOff
  })

/** Settings of a gateway alone, in front of a sandbox that the test has started. */
test('with OMA_OPERATORS_FILE it starts the gateway alone, and warns that ID_KEY is missing', async (t) => {
  const { sandbox, environment } = await withOperators(t)
  const started = start(t, environment)
  const url = await listening(started)

  const answer = await post(
    url,
    await sandbox.characters.phone.token(),
    '{ twinningDevice { twinnings { totalCount } } }',
  )
  started.child.kill('SIGTERM')
  const { code } = await started.ended()

  assert.deepEqual(answer, { data: { twinningDevice: { twinnings: { totalCount: 2 } } } })
  assert.equal(code, 0)
  const lines = started
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; msg: string })
  const warnings = lines.filter(({ level }) => level === 40).map(({ msg }) => msg)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /^ID_KEY is unset: /)
  assert.equal(started.errors(), '')
})

test('with OMA_SERVER_ROOT it starts the gateway alone, with the explorer off', async (t) => {
  const { sandbox, environment } = await withOperators(t)
  const { alpha } = sandbox.operators
  const started = start(t, {
    ...environment,
    OMA_OPERATORS_FILE: '',
    OMA_SERVER_ROOT: alpha.serverRoot,
    OMA_AUTH: 'token',
    OMA_ACCESS_TOKEN: sandbox.accessToken,
    ID_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
  const url = await listening(started)

  const answer = await post(
    url,
    await sandbox.characters.phone.token(),
    '{ twinningDevice { twinnings { totalCount } } }',
  )

  assert.deepEqual(answer, { data: { twinningDevice: { twinnings: { totalCount: 2 } } } })
  assert.equal((await fetch(`${url}/`)).status, 404)
  assert.ok(!started.output().includes('sandbox'))
  assert.ok(!started.output().includes('"level":40'))
})

test('AUTH=off is warned of at every start', async (t) => {
  const started = start(t, { AUTH: 'off' })

  await listening(started)

  assert.ok(started.output().includes('"level":40'))
  assert.ok(started.output().includes('AUTH=off: every caller may do everything'))
})

test('a port that is taken ends the start with code 1 and one line', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const started = start(t, { PORT: String((server.address() as AddressInfo).port) })

  const { code } = await started.ended()

  assert.equal(code, 1)
  assert.equal(started.errors(), "HOST, PORT: can't listen there (EADDRINUSE)\n")
  assert.equal(started.output(), '')
})

test('wrong settings end the start with code 1 and one line each, and no value is shown', async (t) => {
  const started = start(t, { PORT: 'http', AUTH: 'maybe', ID_KEY: 'short-secret' })

  const { code } = await started.ended()

  assert.equal(code, 1)
  assert.deepEqual(started.errors().trim().split('\n').sort(), [
    'AUTH: expected on or off',
    'ID_KEY: expected 32 bytes in base64, or several such keys separated by commas',
    'PORT: expected a whole number from 0 to 65535',
  ])
})

test('a file .env in the working folder gives settings, and the environment goes before it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dotenv-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, '.env'), 'AUTH=maybe\nEXPLORER=perhaps\n')

  const { ended, errors } = start(t, { AUTH: 'on' }, folder)

  assert.equal((await ended()).code, 1)
  assert.equal(errors(), 'EXPLORER: expected on or off\n')
})
