// What one operation may ask of operators, and how long.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import test from 'node:test'
import { createClient } from 'graphql-sse'
import { createAllowance } from '../../src/graphql/limits/allowance.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { startInFrontOf, startServer, wireTwinning } from '../support/operator.ts'
import { until } from '../support/until.ts'

const device = (n: number) => `tel:+1556${String(n).padStart(4, '0')}`
const lists = 'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { totalCount } } }'
const exceeded = (gateway: Gateway) =>
  fetch(`${gateway.url}/metrics`)
    .then((response) => response.text())
    .then((text) => [...text.matchAll(/limits_exceeded_total\{(.*)\} (\d+)/g)].map(([, l, n]) => `${l} ${n}`))

test('fields beyond the calls that an operation may make fail, each at its place, and no operator hears of them', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_UPSTREAM_CALLS: '3' } })

  const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), lists, {
    a: [1, 2, 3, 4, 5].map(device),
  })

  assert.deepEqual(
    (data.twinningDevices as { twinnings: object | null }[]).map(({ twinnings }) => twinnings !== null),
    [true, true, true, false, false],
  )
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => [message, path, extensions]),
    [4, 5].map((actual) => [
      `the operation takes ${actual} calls to operators, and 3 is allowed`,
      ['twinningDevices', actual - 1, 'twinnings'],
      { code: 'REQUEST_LIMIT_EXCEEDED', limit: { name: 'upstreamCalls', actual, max: 3 } },
    ]),
  )
  assert.equal(upstreamTraffic(gateway.sandbox).length, 3)
  assert.deepEqual(await exceeded(gateway), ['limit="upstreamCalls",outcome="refused" 1'])
})

test('what the cache has costs no call', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_UPSTREAM_CALLS: '3' } })
  const token = await gateway.token('twinning:read:any')
  await gateway.query(token, lists, { a: [1, 2, 3].map(device) })

  const { errors } = await gateway.query(token, lists, { a: [1, 2, 3, 4, 5, 6].map(device) })

  assert.deepEqual(errors, [])
})

test('LIMIT_MODE=measure makes all the calls, and counts the operation', async (t) => {
  const gateway = await startGateway(t, {
    environment: { LIMIT_UPSTREAM_CALLS: '3', LIMIT_MODE: 'measure' },
  })

  const { errors } = await gateway.query(await gateway.token('twinning:read:any'), lists, {
    a: [1, 2, 3, 4, 5].map(device),
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(await exceeded(gateway), ['limit="upstreamCalls",outcome="measured" 1'])
})

test('statistics that would take too many calls are refused, and do not count what was not read as away', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_UPSTREAM_CALLS: '3' } })

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:analytics'),
    'query ($a: [DeviceAddress!]!) { twinningStatistics(addresses: $a) { devices } }',
    { a: [1, 2, 3, 4].map(device) },
  )

  assert.equal(data.twinningStatistics, null)
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['REQUEST_LIMIT_EXCEEDED'],
  )
})

test('10,000 representations of 1,000 devices are admitted as it comes', async (t) => {
  const gateway = await startGateway(t)
  const query =
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Device { twinnings { totalCount } } } }'

  const { errors } = await gateway.query(await gateway.token('twinning:read:any'), query, {
    r: Array.from({ length: 10_000 }, (_, i) => ({ __typename: 'Device', address: device(i % 1000) })),
  })

  assert.deepEqual(errors, [])
  assert.equal(upstreamTraffic(gateway.sandbox).length, 1000)
})

test('when its time is over an operation answers what it has, and its calls are ended', async (t) => {
  const ended = Promise.withResolvers<boolean>()
  const operator = await startServer(t, (request, response) => {
    if (request.url?.includes(encodeURIComponent(device(1))))
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ twinningList: { twinning: [wireTwinning(device(1), 'tw1')] } }))
    else response.once('close', () => ended.resolve(response.writableFinished))
  })
  const gateway = await startInFrontOf(t, operator.url, { LIMIT_TIME_MS: '300', OMA_TIMEOUT_MS: '60000' })

  const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), lists, {
    a: [1, 2].map(device),
  })

  assert.deepEqual(data.twinningDevices, [{ twinnings: { totalCount: 1 } }, { twinnings: null }])
  const [{ path, extensions }] = errors as [(typeof errors)[0]]
  const { actual, ...limit } = extensions.limit as { actual: number }
  assert.deepEqual([path, extensions.code, limit], [['twinningDevices', 1, 'twinnings'], 'REQUEST_LIMIT_EXCEEDED', { name: 'timeMs', max: 300 }]) // prettier-ignore
  assert.ok(actual >= 300 && actual < 2000, String(actual))
  assert.equal(await ended.promise, false)
})

test('an operation that has run out of time does not end what another waits for', async (t) => {
  const asked = Promise.withResolvers<() => void>()
  const operator = await startServer(t, (_, response) =>
    asked.resolve(() =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ twinningList: {} })),
    ),
  )
  const gateway = await startInFrontOf(t, operator.url, { LIMIT_TIME_MS: '600', OMA_TIMEOUT_MS: '60000' })
  const token = await gateway.token('twinning:read:any')
  const first = gateway.query(token, lists, { a: [device(1)] })
  const answer = await asked.promise
  await new Promise((resolve) => setTimeout(resolve, 300))
  const second = gateway.query(token, lists, { a: [device(1)] })

  assert.equal((await first).errors.length, 1)
  answer()

  assert.deepEqual((await second).errors, [])
  assert.equal(operator.requests.length, 1)
})

test('a change that has begun is made to its end; the next one is not begun', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_TIME_MS: '100' } })
  const { beta } = gateway.sandbox.operators
  beta.faults.add({ delayMs: 300 })
  const change = 'requestTwinning(input: {}) { twinning { twinningStatus } userErrors { code } }'

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read twinning:write', watch),
    `mutation { a: ${change} b: ${change} }`,
  )

  assert.deepEqual(data.a, { twinning: { twinningStatus: 'PENDING' }, userErrors: [] })
  assert.equal(data.b, null)
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions.code]),
    [[['b'], 'REQUEST_LIMIT_EXCEEDED']],
  )
  assert.equal(beta.twinnings(watch).length, 1)
})

test('a stream has its calls and its time for each event anew', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_UPSTREAM_CALLS: '2', LIMIT_TIME_MS: '300' } })
  const token = await gateway.token('twinning:read twinning:write', watch)
  const client = createClient({
    url: `${gateway.url}/graphql/stream`,
    headers: { authorization: `Bearer ${token}` },
  })
  t.after(() => client.dispose())
  const names: unknown[] = []
  client.subscribe<{ twinningChanged: { twinning: { name: string } | null } }>(
    {
      query: 'subscription { twinningChanged { twinning { name ownDevice { twinnings { totalCount } } } } }',
    },
    {
      next: ({ data, errors }) => names.push(errors ?? data?.twinningChanged.twinning?.name),
      error: (error) => names.push(error),
      complete: () => undefined,
    },
  )
  const made = await gateway.query(
    token,
    'mutation { requestTwinning(input: { name: "n" }) { twinning { id } } }',
  )
  const { id } = made.data.requestTwinning.twinning as { id: string }

  for (let n = 1; n <= 5; n++) {
    await new Promise((resolve) => setTimeout(resolve, 350))
    await gateway.query(token, `mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "n${n}" }) { userErrors { code } } }`, { id }) // prettier-ignore
    await until(`event ${n}`, () => names.includes(`n${n}`))
  }

  assert.deepEqual(
    names.filter((name) => typeof name !== 'string'),
    [],
  )
})

test('while something is read its signal tells that the client has gone, and nothing is left when it is', async () => {
  const client = new AbortController()
  const allowance = createAllowance({ mode: 'enforce', upstreamCalls: 10, timeMs: 60_000 }, client.signal)
  const caller = allowance.caller('token')
  const [one, other] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const listeners = () => getEventListeners(client.signal, 'abort').length

  const readings = [one, other].map(({ promise }) => allowance.reading(() => promise))
  const { signal } = caller
  one.resolve(undefined)
  await readings[0]
  const whileOneIsLeft = listeners()
  other.resolve(undefined)
  await readings[1]
  const afterwards = listeners()
  const again = allowance.reading(() => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))) // prettier-ignore
  client.abort('gone')
  await again

  assert.deepEqual([whileOneIsLeft, afterwards], [1, 0])
  assert.equal(signal.reason, 'gone')
  assert.equal(caller.signal, signal)
  allowance.renew()
  assert.notEqual(caller.signal, signal)
  await allowance.reading(() => {
    assert.equal(caller.signal.reason, 'gone', 'it has gone already')
    return Promise.resolve()
  })
})

test('time that goes by while nothing is read any more ends nothing, and is not counted', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const counted: unknown[] = []
  t.after(listen('limit.exceeded', (facts) => counted.push(facts)))
  const { signal: gone } = new AbortController()
  const allowance = createAllowance({ mode: 'enforce', upstreamCalls: 10, timeMs: 60_000 }, gone)
  const { signal } = allowance.caller('token')

  await Promise.all([1, 2].map(() => allowance.reading(() => Promise.resolve())))
  t.mock.timers.tick(60_000)
  assert.deepEqual([signal.aborted, counted], [false, []])

  const last = allowance.reading(() => Promise.resolve())
  t.mock.timers.tick(60_000)
  await last
  assert.deepEqual([signal.aborted, counted], [true, [{ limit: 'timeMs', outcome: 'refused' }]])
})
