// Operators that fail for a while: what is tried again, what is not, and who is spared.
import assert from 'node:assert/strict'
import test from 'node:test'
import { createBreaker } from '../../src/upstream/breaker.ts'
import { createRetryBudget, pauseBefore } from '../../src/upstream/retry.ts'
import { phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { startInFrontOf, startServer } from '../support/operator.ts'
import { pathOf, requestError } from '../support/twinnings.ts'

const list = '{ twinningDevice { twinnings { totalCount } } }'
const readAny = 'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { totalCount } } }'

for (const fault of [{ status: 503 }, { status: 500 }, { status: 502 }, { reset: true }, { status: 429 }])
  test(`a read that meets ${JSON.stringify(fault)} twice is tried again, and answered`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)
    sandbox.operators.beta.faults.add({ ...fault, times: 2 })

    const { data, errors } = await query(await token('twinning:read', watch), list)

    assert.deepEqual(errors, [])
    assert.equal(data.twinningDevice.twinnings.totalCount, 0)
    assert.deepEqual(upstreamTraffic(sandbox), Array(3).fill(`GET ${pathOf(watch)}`))
  })

test('after the third failure a read is given up', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.beta.faults.add({ status: 503 })

  const { errors } = await query(await token('twinning:read', watch), list)

  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['UPSTREAM_UNAVAILABLE'],
  )
  assert.equal(upstreamTraffic(sandbox).length, 3)
})

for (const status of [400, 401, 403, 404, 501])
  test(`a read that is answered with ${status} is not tried again`, async (t) => {
    const { query, token, sandbox } = await startGateway(t, {
      config: (config) => ({
        ...config,
        operators: config.operators.map((operator) => ({ ...operator, auth: { type: 'none' } })),
      }),
    })
    sandbox.operators.beta.settings.auth = 'none'
    sandbox.operators.beta.faults.add({ status })

    await query(await token('twinning:read', watch), list)

    assert.equal(upstreamTraffic(sandbox).length, 1)
  })

for (const [method, document, path] of [
  ['POST', 'mutation { requestTwinning(input: {}) { twinning { id } } }', pathOf(watch)],
] as const)
  test(`a ${method} is sent once, whatever comes of it`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)
    sandbox.operators.beta.faults.add({ match: { method }, status: 503 })

    const { errors } = await query(await token('twinning:write', watch), document)

    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['UPSTREAM_UNAVAILABLE'],
    )
    assert.deepEqual(upstreamTraffic(sandbox), [`${method} ${path}`])
  })

test('attempts and pauses stay within the time of one attempt', async (t) => {
  const { query, token, sandbox } = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '400' } })
  sandbox.operators.beta.faults.add({ delayMs: 250, status: 503 })
  const started = performance.now()

  const { errors } = await query(await token('twinning:read', watch), list)

  assert.equal(errors.length, 1)
  assert.ok(performance.now() - started < 600)
})

test('what an operator asks for with Retry-After holds for everybody, and is told', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const body = requestError('SVC2001', 'No server resources available')
  sandbox.operators.beta.faults.add({ status: 429, headers: { 'retry-after': '20' }, body, times: 1 })
  const portal = await token('twinning:read:any')

  const answers = []
  for (const a of [watch, 'tel:+15560177']) answers.push(await query(portal, readAny, { a }))
  const other = await query(portal, readAny, { a: phone })

  for (const { errors } of answers)
    assert.deepEqual(
      errors.map(({ extensions }) => extensions),
      [
        {
          code: 'RATE_LIMITED',
          retryAfterS: 20,
          oma: {
            messageId: 'SVC2001',
            text: 'No server resources available',
            httpStatus: 429,
            operator: 'beta',
          },
        },
      ],
    )
  assert.deepEqual(other.errors, [], 'another operator is not concerned')
  assert.equal(upstreamTraffic(sandbox).filter((request) => request.includes('1556')).length, 1)
})

test('a Retry-After that fits is waited for', async (t) => {
  let asked = 0
  const operator = await startServer(t, (_, response) => {
    asked += 1
    if (asked === 1) response.writeHead(503, { 'retry-after': '1' }).end()
    else response.end('{"twinningList":{}}')
  })
  const { query, token } = await startInFrontOf(t, operator.url)
  const started = performance.now()

  const { errors } = await query(await token('twinning:read', watch), list)

  assert.deepEqual(errors, [])
  assert.ok(performance.now() - started >= 990)
})

test('an operator that fails again and again is left alone for a moment, and found again', async (t) => {
  let isDown = true
  const operator = await startServer(t, (_, response) => {
    if (isDown) response.writeHead(503).end()
    else response.end('{"twinningList":{}}')
  })
  const { query, token } = await startInFrontOf(t, operator.url, { CACHE_STALE_S: '0' })
  const portal = await token('twinning:read:any')
  const read = () => query(portal, readAny, { a: watch })
  for (let i = 0; i < 20; i++) await read()
  const before = operator.requests.length

  const spared = await read()
  const after = operator.requests.length
  isDown = false
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const found = await read()

  assert.equal(after, before)
  assert.deepEqual(
    spared.errors.map(({ message, extensions }) => [message, extensions.code]),
    [['operator default has failed again and again, and is left alone for a moment', 'UPSTREAM_UNAVAILABLE']],
  )
  assert.deepEqual(found.errors, [])
})

test('a dead operator does not slow another', async (t) => {
  const { query, token, sandbox } = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '1000' } })
  sandbox.operators.beta.faults.add({ hang: true })
  const portal = await token('twinning:read:any')
  const stuck = Promise.all(
    Array.from({ length: 200 }, (_, i) => query(portal, readAny, { a: `tel:+15560${200 + i}` })),
  )
  const started = performance.now()

  const { errors } = await query(portal, readAny, { a: phone })
  const ms = performance.now() - started
  const outcomes = await stuck

  assert.deepEqual(errors, [])
  assert.ok(ms < 800, `${Math.round(ms)} ms`)
  for (const { errors: own } of outcomes)
    assert.match(String(own[0]?.extensions.code), /^UPSTREAM_(?:TIMEOUT|UNAVAILABLE)$/)
})

for (const [what, made, attempt, remainingMs, expected] of [
  ['the first pause is short', 1, { status: 503, retryAfterS: undefined }, 2000, 50],
  ['the second is twice that', 2, { status: undefined, retryAfterS: undefined }, 2000, 100],
  ['there is no third', 3, { status: 503, retryAfterS: undefined }, 2000, undefined],
  [
    'what does not pass by itself is not tried again',
    1,
    { status: 501, retryAfterS: undefined },
    2000,
    undefined,
  ],
  ['nor is what leaves no time', 1, { status: 503, retryAfterS: undefined }, 40, undefined],
  ['Retry-After is kept', 1, { status: 503, retryAfterS: 1 }, 2000, 1000],
  ['and not shortened', 1, { status: 503, retryAfterS: 3 }, 2000, undefined],
] as const)
  test(`pauses: ${what}`, () => {
    assert.equal(pauseBefore(made, attempt, { remainingMs, random: () => 0.5 }), expected)
  })

test('the budget gives a retry for ten requests, and ten at once', () => {
  const budget = createRetryBudget()
  const spent = () => Array.from({ length: 20 }, () => budget.spend()).filter(Boolean).length

  assert.equal(spent(), 10)
  for (let i = 0; i < 31; i++) budget.earn()
  assert.equal(spent(), 3)
})

test('an open breaker lets one through when its time is over, and rests longer each time that fails', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  for (let i = 0; i < 20; i++) breaker.failed()

  assert.equal(breaker.restMs(), 500)
  now = 500
  assert.deepEqual([breaker.restMs(), breaker.restMs()], [undefined, 500])
  breaker.failed()
  assert.equal(breaker.restMs(), 1000)
  now = 1500
  assert.equal(breaker.restMs(), undefined)
  breaker.succeeded()
  assert.deepEqual([breaker.restMs(), breaker.restMs()], [undefined, undefined])
})
