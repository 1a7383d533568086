// How long an answer is used, through the front door: what the operator says, what the settings say, and Pending.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { clearTraffic, startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'

const list = '{ twinningDevice { twinnings { nodes { name } } } }'

/** A gateway whose clock is moved by hand, and a twinning that has been read once. */
async function startAt(
  t: TestContext,
  {
    environment = {},
    cacheControl = null,
    headers,
    twinningStatus = 'On',
  }: {
    environment?: Record<string, string>
    cacheControl?: string | null
    headers?: Record<string, string>
    twinningStatus?: 'On' | 'Off' | 'Pending'
  },
) {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const gateway = await startGateway(t, { environment })
  const { beta } = gateway.sandbox.operators
  beta.settings.cacheControl = cacheControl
  if (headers) beta.faults.add({ headers })
  beta.seed({ ownAddress: watch, id: 'tw1', name: 'first', twinningStatus })
  const token = await gateway.token('twinning:read', watch, { exp: Math.floor(Date.now() / 1000) + 100_000 })
  await gateway.query(token, list)
  clearTraffic(gateway.sandbox)
  return { gateway, token, beta, pass: (ms: number) => t.mock.timers.tick(ms) }
}

/** How many requests to the operator one more question costs. */
async function costOf({ query, sandbox }: Gateway, token: string): Promise<number> {
  const { errors } = await query(token, list)
  assert.deepEqual(errors, [])
  const cost = upstreamTraffic(sandbox).length
  clearTraffic(sandbox)
  return cost
}

for (const { what, freshForMs, ...options } of [
  { what: 'the operator’s max-age', cacheControl: 'max-age=60', freshForMs: 60_000 },
  { what: 'its s-maxage before its max-age', cacheControl: 'max-age=60, s-maxage=5', freshForMs: 5000 },
  {
    what: 'its max-age less its Age',
    cacheControl: 'max-age=60',
    headers: { age: '20' },
    freshForMs: 40_000,
  },
  { what: 'for Pending, 2 s', twinningStatus: 'Pending' as const, freshForMs: 2000 },
  {
    what: 'for Pending, 2 s whatever the operator says',
    twinningStatus: 'Pending' as const,
    cacheControl: 'max-age=60',
    freshForMs: 2000,
  },
  {
    what: 'for Pending, less than 2 s where the operator says so',
    twinningStatus: 'Pending' as const,
    cacheControl: 'max-age=1',
    freshForMs: 1000,
  },
])
  test(`an answer is fresh for so long: ${what}`, async (t) => {
    const { gateway, token, pass } = await startAt(t, options)

    pass(freshForMs - 1)
    const before = await costOf(gateway, token)
    pass(1)
    const after = await costOf(gateway, token)

    assert.deepEqual([before, after], [0, 1])
  })

for (const { what, atMostMs, ...options } of [
  { what: 'CACHE_TTL_S', environment: { CACHE_TTL_S: '7' }, atMostMs: 7000 },
  { what: 'by default 30 s', atMostMs: 30_000 },
])
  test(`where nothing is said, an answer is fresh for ${what}, or up to a tenth less`, async (t) => {
    const { gateway, token, pass } = await startAt(t, options)

    pass(atMostMs * 0.9 - 1)
    const before = await costOf(gateway, token)
    pass(atMostMs * 0.1 + 1)
    const after = await costOf(gateway, token)

    assert.deepEqual([before, after], [0, 1])
  })

test('what was read together does not end together', async (t) => {
  const { gateway, beta, pass } = await startAt(t, { environment: { CACHE_TTL_S: '100' } })
  const devices = Array.from({ length: 20 }, (_, n) => `tel:+1556020${n}`)
  for (const device of devices) beta.seed({ ownAddress: device, id: 'tw1' })
  const portal = await gateway.token('twinning:read:any')
  const readAll = () =>
    gateway.query(
      portal,
      'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { totalCount } } }',
      { a: devices },
    )
  await readAll()
  clearTraffic(gateway.sandbox)

  pass(95_000)
  await readAll()

  const again = upstreamTraffic(gateway.sandbox).length
  assert.ok(again > 0 && again < devices.length, `${again} of ${devices.length}`)
})

for (const cacheControl of ['no-store', 'private', 'private, max-age=60', 'no-cache', 'max-age=60, No-Store'])
  test(`an answer with Cache-Control: ${cacheControl} is kept neither fresh nor for bad times`, async (t) => {
    const { gateway, token, beta } = await startAt(t, { cacheControl })

    const cost = await costOf(gateway, token)
    beta.faults.add({ status: 503 })
    const { errors } = await gateway.query(token, list)

    assert.equal(cost, 1)
    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['UPSTREAM_UNAVAILABLE'],
    )
  })

for (const { fault, code } of [
  { fault: { status: 503 }, code: 'UPSTREAM_UNAVAILABLE' },
  { fault: { reset: true }, code: 'UPSTREAM_UNAVAILABLE' },
  { fault: { hang: true }, code: 'UPSTREAM_TIMEOUT' },
  { fault: { status: 429 }, code: 'RATE_LIMITED' },
])
  test(`while the operator is down (${JSON.stringify(fault)}) what it said is served for CACHE_STALE_S, and not after`, async (t) => {
    const environment = { CACHE_TTL_S: '10', CACHE_STALE_S: '60', OMA_TIMEOUT_MS: '400' }
    const { gateway, token, beta, pass } = await startAt(t, { environment })
    beta.faults.add(fault)

    pass(69_999)
    const within = await gateway.query(token, list)
    pass(1)
    const after = await gateway.query(token, list)

    assert.deepEqual(
      [within.data, within.errors],
      [{ twinningDevice: { twinnings: { nodes: [{ name: 'first' }] } } }, []],
    )
    assert.deepEqual(
      [after.data, after.errors.map(({ extensions }) => extensions.code)],
      [{ twinningDevice: { twinnings: null } }, [code]],
    )
  })

for (const { fault, code } of [
  {
    fault: {
      status: 400,
      body: { requestError: { serviceException: { messageId: 'SVC0002', text: 'no' } } },
    },
    code: 'BAD_USER_INPUT',
  },
  { fault: { body: 'nonsense' }, code: 'UPSTREAM_INVALID_RESPONSE' },
])
  test(`an operator that answers with ${code} is not down: nothing stale is served`, async (t) => {
    const { gateway, token, beta, pass } = await startAt(t, { environment: { CACHE_TTL_S: '10' } })
    beta.faults.add(fault)

    pass(10_000)
    const { errors } = await gateway.query(token, list)

    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      [code],
    )
  })

test('a change that was read replaces what was stale', async (t) => {
  const { gateway, token, beta, pass } = await startAt(t, { environment: { CACHE_TTL_S: '10' } })
  beta.seed({ ownAddress: watch, id: 'tw1', name: 'second' })

  pass(10_000)
  const { data } = await gateway.query(token, list)

  assert.deepEqual(data.twinningDevice.twinnings.nodes, [{ name: 'second' }])
})

test('a twinning that is gone does not come back while the operator is down', async (t) => {
  const { gateway, token, beta, pass } = await startAt(t, { environment: { CACHE_TTL_S: '10' } })
  const ids = await gateway.query(token, '{ twinningDevice { twinnings { nodes { id } } } }')
  const { id } = ids.data.twinningDevice.twinnings.nodes[0]
  const one = 'query ($id: ID!) { twinning(id: $id) { name } }'
  assert.deepEqual((await gateway.query(token, one, { id })).data, { twinning: { name: 'first' } })

  pass(10_000)
  beta.faults.add({ status: 404, times: 1 })
  const gone = await gateway.query(token, one, { id })
  beta.faults.add({ status: 503 })
  const down = await gateway.query(token, one, { id })

  assert.deepEqual([gone.data, gone.errors], [{ twinning: null }, []])
  assert.deepEqual(down.data, { twinning: null })
  assert.deepEqual(
    down.errors.map(({ extensions }) => extensions.code),
    ['UPSTREAM_UNAVAILABLE'],
  )
})

for (const directive of ['must-revalidate', 'proxy-revalidate', 's-maxage=10'])
  test(`${directive} forbids that what is past its freshness is served while the operator is down`, async (t) => {
    const { gateway, token, beta, pass } = await startAt(t, { cacheControl: `max-age=10, ${directive}` })
    beta.faults.add({ status: 503 })

    pass(10_000)
    const { errors } = await gateway.query(token, list)

    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['UPSTREAM_UNAVAILABLE'],
    )
  })
