// Instances tell one another what callers have spent, and nobody waits for it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { Redis } from 'ioredis'
import { startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const plain = '{ twinningDevice { address } }'

/** How many of so many requests are answered; where they are, the time the slowest took. */
async function ask({ query }: Gateway, token: string, count: number) {
  let answered = 0
  let slowestMs = 0
  for (let n = 0; n < count; n++) {
    const from = performance.now()
    if ((await query(token, plain)).status === 200) answered += 1
    slowestMs = Math.max(slowestMs, performance.now() - from)
  }
  return { answered, slowestMs }
}

async function redisIs({ url }: Gateway, status: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`)
  return ((await response.json()) as { redis: string }).redis === status
}

test('what a caller has spent at one instance it can’t spend at another', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url, RATE_LIMIT: '50' } })
  const other = await one.another()
  for (const gateway of [one, other]) await until('Redis is heard', () => redisIs(gateway, 'up'))
  const token = await one.token('twinning:read', watch)

  assert.equal((await ask(one, token, 50)).answered, 50)
  await until('the other has heard of it', async () => (await other.query(token, plain)).status === 429, 2000)

  const { answered } = await ask(other, token, 10)
  assert.equal(answered, 0)
  const stranger = await one.token('twinning:read', watch, { sub: 'another' })
  assert.equal((await other.query(stranger, plain)).status, 200)
})

test('a new instance, and a new window, know what was spent before', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Math.floor(Date.now() / 60_000) * 60_000 + 59_000 })
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url, RATE_LIMIT: '50' } })
  const token = await one.token('twinning:read', watch)
  await until('Redis is heard', () => redisIs(one, 'up'))
  assert.equal((await ask(one, token, 50)).answered, 50)
  const client = new Redis(redis.url)
  t.after(() => client.disconnect())
  await until('it is told', async () => {
    const keys = await client.keys('twinning-gateway:1:spent:*')
    return (await Promise.all(keys.map((key) => client.get(key)))).includes('50')
  })

  t.mock.timers.tick(2000)
  const other = await one.another()
  await until('Redis is heard', () => redisIs(other, 'up'))

  await until('the other has heard of it', async () => (await other.query(token, plain)).status === 429, 2000)
})

test('while Redis is gone each instance gives its share, and nobody waits', async (t) => {
  const turn = Math.floor(Date.now() / 60_000) * 60_000 + 10_000
  t.mock.timers.enable({ apis: ['Date'], now: turn })
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url, RATE_LIMIT: '60' } })
  const instances = [one, await one.another(), await one.another()]
  for (const gateway of instances) await until('Redis is heard', () => redisIs(gateway, 'up'))
  const client = new Redis(redis.url)
  client.on('error', () => undefined)
  t.after(() => client.disconnect())
  await until('they have counted one another', async () => (await client.zcard('twinning-gateway:1:instances')) === 3) // prettier-ignore
  // Each counts every two seconds.
  await new Promise((resolve) => setTimeout(resolve, 2500))

  await redis.stop()
  for (const gateway of instances) await until('Redis is gone', () => redisIs(gateway, 'down'))
  const answered = []
  for (const gateway of instances) {
    const token = await one.token('twinning:read', watch)
    const { answered: count, slowestMs } = await ask(gateway, token, 40)
    answered.push(count)
    assert.ok(slowestMs < 500, `${slowestMs} ms`)
  }
  assert.deepEqual(answered, [20, 20, 20])

  await redis.restart()
  for (const gateway of instances) await until('Redis is heard', () => redisIs(gateway, 'up'), 10_000)
  const token = await one.token('twinning:read', watch, { sub: 'another' })
  assert.equal((await ask(one, token, 61)).answered, 60)
})

test('Redis is not told who calls', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: redis.url, RATE_LIMIT: '50' } })
  await until('Redis is heard', () => redisIs(gateway, 'up'))
  await ask(gateway, await gateway.token('twinning:read', watch, { sub: 'somebody-known' }), 5)
  const client = new Redis(redis.url)
  t.after(() => client.disconnect())
  await until('it is told', async () => (await client.keys('twinning-gateway:1:spent:*')).length > 0)

  const keys = await client.keys('*')

  assert.ok(keys.length > 1)
  assert.doesNotMatch(
    keys.filter((key) => /spent|instances/.test(key)).join('\n'),
    /somebody|5560101|127\.0\.0/,
  )
  for (const key of await client.keys('*:spent:*')) assert.ok((await client.ttl(key)) > 0)
})
