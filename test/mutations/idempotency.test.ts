import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { createRedisLink } from '../../src/redis/redis.ts'
import { createIdempotency } from '../../src/twinnings/idempotency.ts'
import {
  clearTraffic,
  phone,
  startGateway,
  upstreamTraffic,
  watch,
  type Gateway,
} from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { pathOf, requestError } from '../support/twinnings.ts'

const request = `mutation ($input: RequestTwinningInput!) { requestTwinning(input: $input) {
  twinning { id name twinningStatus activationCode } userErrors { code message field omaMessageId }
} }`
const activate = `mutation ($input: ActivateTwinningInput!) { activateTwinning(input: $input) {
  twinning { id name twinningStatus } userErrors { code message field omaMessageId }
} }`
const post = `POST ${pathOf(watch)}`

const posts = (gateway: Gateway) => upstreamTraffic(gateway.sandbox).filter((line) => line.startsWith('POST'))

/** Gateways of one deployment, and how a watch asks the nth of them. */
async function start(t: TestContext, instances: 1 | 2, environment: Record<string, string> = {}) {
  const redis = instances === 2 ? { REDIS_URL: (await startRedis(t)).url } : {}
  const gateway = await startGateway(t, { environment: { ...environment, ...redis } })
  const all = instances === 2 ? [gateway, await gateway.another()] : [gateway]
  const token = await gateway.token('twinning:read twinning:write', watch)
  const ask = (input: object, n = 0, as = token) => all[n % instances]!.query(as, request, { input })
  return { gateway, token, ask }
}

for (const instances of [1, 2] as const) {
  const where = instances === 1 ? 'on one instance, in memory' : 'on two instances, in Redis'

  test(`20 calls at once with one key make one POST and get one outcome, ${where}`, async (t) => {
    const { gateway, ask } = await start(t, instances)

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask({ idempotencyKey: 'k', name: 'n' }, n)),
    )

    const id = answers[0]?.data.requestTwinning.twinning.id as string
    const activationCode = gateway.sandbox.operators.beta.twinnings(watch)[0]?.activationCode
    assert.deepEqual(posts(gateway), [post])
    for (const { data, errors } of answers)
      assert.deepEqual(
        { data, errors },
        {
          data: {
            requestTwinning: {
              twinning: { id, name: 'n', twinningStatus: 'PENDING', activationCode },
              userErrors: [],
            },
          },
          errors: [],
        },
      )
  })

  test(`a later call with the key reads the twinning again, as it is by then, ${where}`, async (t) => {
    const { gateway, ask } = await start(t, instances)
    const first = await ask({ idempotencyKey: 'k', name: 'before' })
    const { id, activationCode } = first.data.requestTwinning.twinning
    const [made] = gateway.sandbox.operators.beta.twinnings(watch)
    gateway.sandbox.operators.beta.seed({
      ownAddress: watch,
      id: made!.resourceURL.split('/').at(-1)!,
      name: 'after',
      twinningStatus: 'Pending',
    })

    const again = await ask({ idempotencyKey: 'k', name: 'before' }, 1)

    assert.equal(typeof activationCode, 'string')
    assert.deepEqual(again.data.requestTwinning, {
      twinning: { id, name: 'after', twinningStatus: 'PENDING', activationCode },
      userErrors: [],
    })
    assert.deepEqual(posts(gateway), [post])
  })

  test(`the same key with another input is INVALID_INPUT, and the operator is not asked, ${where}`, async (t) => {
    const { gateway, ask } = await start(t, instances)
    await ask({ idempotencyKey: 'k', name: 'one' })
    clearTraffic(gateway.sandbox)

    const { data, errors } = await ask({ idempotencyKey: 'k', name: 'two' }, 1)

    assert.deepEqual(errors, [])
    assert.deepEqual(data.requestTwinning, {
      twinning: null,
      userErrors: [
        {
          code: 'INVALID_INPUT',
          message: 'this idempotencyKey was used with another input',
          field: ['input', 'idempotencyKey'],
          omaMessageId: null,
        },
      ],
    })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

  test(`a GraphQL error frees the key, also for another input, ${where}`, async (t) => {
    const { gateway, ask } = await start(t, instances)
    gateway.sandbox.operators.beta.faults.add({ match: { method: 'POST' }, status: 503, body: '', times: 1 })

    const failed = await ask({ idempotencyKey: 'k', name: 'one' })
    const retried = await ask({ idempotencyKey: 'k', name: 'two' }, 1)

    assert.deepEqual(
      failed.errors.map(({ extensions }) => extensions.code),
      ['UPSTREAM_UNAVAILABLE'],
    )
    assert.equal(retried.data.requestTwinning.twinning.name, 'two')
    assert.deepEqual(posts(gateway), [post, post])
  })

  test(`what the operator refused stays refused, without a second POST, ${where}`, async (t) => {
    const { gateway, ask } = await start(t, instances)
    gateway.sandbox.operators.beta.faults.add({
      match: { method: 'POST' },
      status: 403,
      body: requestError('POL0001', 'not today'),
      times: 1,
    })

    const first = await ask({ idempotencyKey: 'k' })
    const again = await ask({ idempotencyKey: 'k' }, 1)

    const refused = {
      twinning: null,
      userErrors: [{ code: 'REFUSED_BY_POLICY', message: 'not today', field: null, omaMessageId: 'POL0001' }],
    }
    assert.deepEqual([first.data.requestTwinning, again.data.requestTwinning], [refused, refused])
    assert.deepEqual(posts(gateway), [post])
  })

  test(`keys are each caller's own, ${where}`, async (t) => {
    const { gateway, ask } = await start(t, instances)
    const other = await gateway.token('twinning:write', watch, { sub: 'another subject' })

    const one = await ask({ idempotencyKey: 'k', name: 'one' })
    const two = await ask({ idempotencyKey: 'k', name: 'two' }, 1, other)

    assert.equal(one.data.requestTwinning.twinning.name, 'one')
    assert.equal(two.data.requestTwinning.twinning.name, 'two')
    assert.deepEqual(posts(gateway), [post, post])
  })
}

test('a new token of the same caller finds its key', async (t) => {
  const { gateway, ask } = await start(t, 1)
  const newer = await gateway.token('twinning:read twinning:write', watch, { jti: 'another token' })

  const one = await ask({ idempotencyKey: 'k' })
  const two = await ask({ idempotencyKey: 'k' }, 0, newer)

  assert.deepEqual(two.data, one.data)
  assert.deepEqual(posts(gateway), [post])
})

test('calls at once with one key fail together, so that a POST that was done is not done again', async (t) => {
  const { gateway, ask } = await start(t, 1, { OMA_TIMEOUT_MS: '300' })
  const { beta } = gateway.sandbox.operators
  beta.faults.add({ match: { method: 'POST' }, hang: true, processed: true })

  const answers = await Promise.all(Array.from({ length: 5 }, () => ask({ idempotencyKey: 'k' })))

  assert.deepEqual(
    answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code)),
    Array(5).fill('UPSTREAM_TIMEOUT'),
  )
  assert.deepEqual(posts(gateway), [post])
  assert.equal(beta.twinnings(watch).length, 1)
})

test('another input that comes while the first is being made is INVALID_INPUT at once', async (t) => {
  const { gateway, ask } = await start(t, 1, { OMA_TIMEOUT_MS: '500' })
  const { beta } = gateway.sandbox.operators
  beta.faults.add({ match: { method: 'POST' }, hang: true })
  const arrived = beta.nextRequest()

  const first = ask({ idempotencyKey: 'k', name: 'one' })
  await arrived
  const second = await ask({ idempotencyKey: 'k', name: 'two' })

  assert.equal(second.data.requestTwinning.userErrors[0].code, 'INVALID_INPUT')
  assert.equal((await first).errors[0]?.extensions.code, 'UPSTREAM_TIMEOUT')
  assert.deepEqual(posts(gateway), [post])
})

test('without a key each call counts', async (t) => {
  const { gateway, ask } = await start(t, 1)

  const answers = await Promise.all([
    ask({ name: 'n' }),
    ask({ name: 'n' }),
    ask({ name: 'n', idempotencyKey: null }),
  ])

  assert.equal(new Set(answers.map(({ data }) => data.requestTwinning.twinning.id as string)).size, 3)
  assert.deepEqual(posts(gateway), [post, post, post])
})

test('the same input, spelt otherwise, is the same input', async (t) => {
  const { gateway, ask } = await start(t, 1)

  const one = await ask({ idempotencyKey: 'k', name: 'n' })
  const two = await ask({ idempotencyKey: 'k', name: ' n ', deviceAddress: 'tel:+1-556-0101' })

  assert.deepEqual(two.data, one.data)
  assert.deepEqual(posts(gateway), [post])
})

test('once activated, the replay of a request has no activation code any more', async (t) => {
  const { gateway, ask } = await start(t, 1)
  const first = await ask({ idempotencyKey: 'k' })
  const { activationCode } = first.data.requestTwinning.twinning
  const asPhone = await gateway.token('twinning:write', phone)
  const input = { activationCode, idempotencyKey: 'k' }

  const activated = await gateway.query(asPhone, activate, { input })
  const replayed = await gateway.query(asPhone, activate, { input })
  const again = await ask({ idempotencyKey: 'k' })

  assert.equal(activated.data.activateTwinning.twinning.twinningStatus, 'ON')
  assert.deepEqual(replayed.data, activated.data)
  assert.deepEqual(again.data.requestTwinning.twinning, {
    ...first.data.requestTwinning.twinning,
    twinningStatus: 'ON',
    activationCode: null,
  })
  assert.deepEqual(posts(gateway).sort(), [`POST ${pathOf(phone)}`, post])
})

test('a twinning that is gone by the time of the replay is NOT_FOUND, and not made again', async (t) => {
  const { gateway, token, ask } = await start(t, 1)
  const first = await ask({ idempotencyKey: 'k' })
  await gateway.query(
    token,
    'mutation ($id: ID!) { deleteTwinning(input: {id: $id}) { deletedTwinningId } }',
    {
      id: first.data.requestTwinning.twinning.id,
    },
  )

  const { data } = await ask({ idempotencyKey: 'k' })

  assert.deepEqual(data.requestTwinning, {
    twinning: null,
    userErrors: [
      {
        code: 'NOT_FOUND',
        message: 'the twinning that was made with this idempotencyKey is gone',
        field: null,
        omaMessageId: null,
      },
    ],
  })
  assert.deepEqual(posts(gateway), [post])
})

test('a right that is gone by the time of the replay is gone for the replay too', async (t) => {
  const { gateway, ask } = await start(t, 1)
  await ask({ idempotencyKey: 'k' })
  const reader = await gateway.token('twinning:read', watch)

  const { errors } = await ask({ idempotencyKey: 'k' }, 0, reader)

  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['FORBIDDEN'],
  )
})

test('a call whose first has died on another instance is told so, and the operator is not asked', async (t) => {
  const { url } = await startRedis(t)
  const redis = await createRedisLink([new URL(url)])
  t.after(redis.close)
  await redis.attempt('test', (client) =>
    client.set('twinning-gateway:1:once:k', JSON.stringify({ digest: 'd', owner: 'a dead instance' })),
  )
  const { once } = createIdempotency({ redis, leaseMs: 100 })

  const waiting = once({ key: 'k', digest: 'd' }, () => assert.fail('the change is run a second time'))

  await assert.rejects(waiting, {
    name: 'OutcomeUnknown',
    code: 'UPSTREAM_TIMEOUT',
    message: 'the first call with this idempotencyKey has not ended in 200 ms',
  })
})

test('without Redis 100,000 keys are remembered', async () => {
  const { once } = createIdempotency({ redis: undefined, leaseMs: 60_000 })
  const call = (n: number, id: string) => once({ key: String(n), digest: 'd' }, () => Promise.resolve({ id }))
  for (let n = 0; n < 100_000; n++) await call(n, 'first')

  const again = await call(0, 'second')

  assert.deepEqual(again, { id: 'first' })
})

test('a claim outlives the 8 exchanges that one call may take at worst', async (t) => {
  const server = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: server.url, OMA_TIMEOUT_MS: '1000' } })
  const redis = new Redis(server.url)
  t.after(() => redis.disconnect())
  const { beta } = gateway.sandbox.operators
  beta.faults.add({ match: { method: 'POST' }, hang: true })
  const arrived = beta.nextRequest()
  const token = await gateway.token('twinning:write', watch)

  const answer = gateway.query(token, request, { input: { idempotencyKey: 'k' } })
  await arrived
  const [name = ''] = await redis.keys('twinning-gateway:1:once:*')
  const leaseMs = await redis.pttl(name)
  await answer

  assert.ok(leaseMs > 17_000 && leaseMs <= 18_000, `${leaseMs} ms`)
})
