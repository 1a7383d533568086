import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { listen } from '../../src/telemetry/channels.ts'
import { createSharedStore } from '../../src/cache/shared.ts'
import { entryName } from '../../src/cache/keys.ts'
import { UpstreamUnavailable } from '../../src/errors.ts'
import { createRedisLink } from '../../src/redis/redis.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { key, loaded, openCache, openShared } from './support.ts'

const entry = 'twinning-gateway:1:{beta|tel:+15560101}a'
const generation = 'twinning-gateway:1:{beta|tel:+15560101}'
const tag = key('a').tag

function client(t: TestContext, { url }: RedisServer): Redis {
  const redis = new Redis(url)
  t.after(() => redis.disconnect())
  return redis
}

/** How often Redis has run a command since it started. */
async function callsOf(redis: Redis, command: string): Promise<number> {
  const stats = await redis.info('commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

test('what one instance has loaded another answers from Redis, and then from its own memory', async (t) => {
  const server = await startRedis(t)
  const [one, two] = [await openShared(t, [server.url]), await openShared(t, [server.url])]
  const redis = client(t, server)
  await one.texts(['a'])
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)

  const first = await two.texts(['a'], () => loaded('other'))
  const reads = await callsOf(redis, 'mget')
  const second = await two.texts(['a'], () => loaded('other'))

  assert.deepEqual([first, second, two.loads], [['a'], ['a'], []])
  assert.equal(await callsOf(redis, 'mget'), reads)
})

test('a batch of a hundred keys of as many devices is one MGET, and no other read', async (t) => {
  const server = await startRedis(t)
  const { cache } = await openShared(t, [server.url])
  const redis = client(t, server)
  const keys = Array.from({ length: 100 }, (_, n) => key('list', `beta|tel:+1556${n}`))

  await cache.getMany(keys, () => Promise.resolve(new Map()))

  assert.deepEqual([await callsOf(redis, 'mget'), await callsOf(redis, 'get')], [1, 0])
})

test('tiers are asked in their order, and each only for what the one before lacks', async (t) => {
  const server = await startRedis(t)
  const [one, two] = [await openShared(t, [server.url]), await openShared(t, [server.url])]
  const redis = client(t, server)
  await one.texts(['a', 'b'])
  await until('both are in Redis', async () => (await redis.exists(entry)) === 1)
  await two.texts(['a'])
  const reads: string[] = []
  t.after(listen('cache.read', ({ tier, count }) => reads.push(`${tier} ${count}`)))

  await two.texts(['a', 'b', 'c'])

  assert.deepEqual(reads, ['memory 1', 'redis 1', 'none 1'])
})

test('what is kept in Redis ends by itself when its grace is over', async (t) => {
  const server = await startRedis(t)
  const { texts } = await openShared(t, [server.url])
  const redis = client(t, server)

  await texts(['a'], () => loaded('a', { freshForMs: 20_000, graceMs: 40_000 }))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)

  const leftMs = await redis.pttl(entry)
  assert.ok(leftMs > 50_000 && leftMs <= 60_000, String(leftMs))
})

const later = Date.now() + 60_000
const whole = { k: `${tag}|a`, g: 'present', f: later, u: later, v: { text: 'planted' } }
for (const [what, stored] of [
  ['no JSON', 'nonsense'],
  ['null', 'null'],
  ['a list', '[]'],
  ['without a time', JSON.stringify({ ...whole, f: undefined })],
  ['of another form', JSON.stringify({ ...whole, v: { name: 'planted' } })],
  ['of another device', JSON.stringify({ ...whole, k: 'beta|tel:+15560102|a' })],
  ['of another generation', JSON.stringify({ ...whole, g: 'other' })],
  ['past its time', JSON.stringify({ ...whole, f: 1, u: 2 })],
] as const)
  test(`an entry of Redis that is ${what} is a miss`, async (t) => {
    const server = await startRedis(t)
    const { texts, loads } = await openShared(t, [server.url])
    await client(t, server).mset(generation, 'present', entry, stored)

    assert.deepEqual([await texts(['a']), loads], [['a'], [['a']]])
  })

test('an entry of another type than text costs an error that nobody sees', async (t) => {
  const server = await startRedis(t)
  const { texts } = await openShared(t, [server.url])
  await client(t, server).lpush(entry, 'planted')

  assert.deepEqual(await texts(['a']), ['a'])
})

test('a planted entry that is whole would be answered: the misses above are for their faults', async (t) => {
  const server = await startRedis(t)
  const { texts } = await openShared(t, [server.url])
  await client(t, server).mset(generation, 'present', entry, JSON.stringify(whole))

  assert.deepEqual(await texts(['a']), ['planted'])
})

test('entries whose generation Redis has dropped do not come back with a new one', async (t) => {
  const server = await startRedis(t)
  const redis = client(t, server)
  const one = await openShared(t, [server.url])
  await one.texts(['a'], () => loaded('old'))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)
  await one.shared.evict([tag])

  await redis.del(generation)
  const two = await openShared(t, [server.url])

  assert.deepEqual(await two.texts(['a'], () => loaded('new')), ['new'])
  await until('the new one is in Redis', async () => (await redis.get(entry))?.includes('new') === true)
  const three = await openShared(t, [server.url])
  assert.deepEqual(await three.texts(['a'], () => loaded('newer')), ['new'])
})

test('what is not to be kept takes the place of what was kept, in memory and in Redis', async (t) => {
  const server = await startRedis(t)
  const redis = client(t, server)
  const { texts } = await openShared(t, [server.url])
  const down = () => new UpstreamUnavailable('beta', 'could not be reached')
  await texts(['a'], () => loaded('old', { freshForMs: 0, graceMs: 60_000 }))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)

  await texts(['a'], () => loaded('gone', { freshForMs: 0, graceMs: 0 }))
  await until('it is gone from Redis', async () => (await redis.exists(entry)) === 0)

  assert.deepEqual(await texts(['a'], down), ['UpstreamUnavailable'])
})

test('a value that is not accepted is as good as none, also where loading fails', async (t) => {
  const server = await startRedis(t)
  const { texts, cache } = await openShared(t, [server.url])
  await texts(['a'], () => loaded('without', { freshForMs: 30_000, graceMs: 60_000 }))
  const accept = ({ text }: { text: string }) => text === 'with'
  const load = (outcome: ReturnType<typeof loaded> | Error) => () =>
    Promise.resolve(new Map([['beta|tel:+15560101|a', outcome]]))
  const down = new UpstreamUnavailable('beta', 'could not be reached')

  assert.deepEqual(await cache.getMany([key('a')], load(down), { accept }), [down])
  assert.deepEqual(await cache.getMany([key('a')], load(loaded('with')), { accept }), [{ text: 'with' }])
  assert.deepEqual(await cache.peek([key('a'), key('b')]), [{ text: 'with' }, undefined])
})

test('a stale entry of Redis is answered where the operator is down', async (t) => {
  const server = await startRedis(t)
  const { texts } = await openShared(t, [server.url])
  await client(t, server).mset(generation, 'present', entry, JSON.stringify({ ...whole, f: 1 }))

  const answer = await texts(['a'], () => new UpstreamUnavailable('beta', 'could not be reached'))

  assert.deepEqual(answer, ['planted'])
})

test('a load on its way on one instance, while another evicts, is kept by neither nor by Redis', async (t) => {
  const server = await startRedis(t)
  const two = await openShared(t, [server.url])
  // One to which the word has not come yet.
  const link = await createRedisLink([new URL(server.url)])
  t.after(link.close)
  const one = openCache({ shared: createSharedStore(link) })
  await until('it may read', link.settled)
  const redis = client(t, server)
  const { promise: heard, resolve } = Promise.withResolvers<undefined>()
  const loading = one.cache.getMany([key('a')], async () => {
    await heard
    return new Map([['beta|tel:+15560101|a', loaded('old')]])
  })

  await two.shared.evict([tag])
  resolve(undefined)

  assert.deepEqual(await loading, [{ text: 'old' }])
  await until('the old value was written', async () => (await redis.exists(entry)) === 1)
  assert.deepEqual(await two.texts(['a'], () => loaded('new')), ['new'])
  const three = await openShared(t, [server.url])
  assert.deepEqual(await three.texts(['a'], () => loaded('newer')), ['new'])
  one.evictions.evict([tag])
  assert.deepEqual(await one.texts(['a'], () => loaded('newer')), ['new'])
})

test('an eviction gives its tag a new generation and takes no entry of another with it', async (t) => {
  const server = await startRedis(t)
  const { shared, texts, cache } = await openShared(t, [server.url])
  const redis = client(t, server)
  await texts(['a'])
  await cache.getMany([key('a', 'other')], () => Promise.resolve(new Map([['other|a', loaded('other')]])))
  await until('both are in Redis', async () => (await redis.dbsize()) === 4)

  await shared.evict([tag])
  const first = await redis.get(generation)
  await shared.evict([tag])

  assert.match(first ?? '', /^[\da-f-]{36}$/)
  assert.notEqual(await redis.get(generation), first)
  const two = await openShared(t, [server.url])
  assert.deepEqual(await two.texts(['a'], () => loaded('new')), ['new'])
  const [kept] = await two.cache.getMany([key('a', 'other')], () => Promise.resolve(new Map()))
  assert.deepEqual(kept, { text: 'other' })
})

test('an instance does not take its own eviction for that of another', async (t) => {
  const server = await startRedis(t)
  const { shared, texts, evictions, loads } = await openShared(t, [server.url])
  evictions.evict([tag])
  await shared.evict([tag])
  await texts(['a'])
  // Whatever it says of this tag is heard before this: one connection keeps the order.
  const two = await openShared(t, [server.url])
  await two.shared.evict(['other'])
  await two.shared.evict(['other'])

  await texts(['a'])

  assert.equal(loads.length, 1)
})

test('a message that is none of ours ends in dropping everything', async (t) => {
  const server = await startRedis(t)
  const { texts, loads } = await openShared(t, [server.url])
  await texts(['a'])
  const redis = client(t, server)
  await redis.flushall()

  await redis.publish('twinning-gateway:1:evicted', 'nonsense')

  await until('it is dropped', async () => {
    await texts(['a'])
    return loads.length > 1
  })
})

test('an instance that has lost and found Redis has dropped everything', async (t) => {
  const server = await startRedis(t)
  const { texts, loads, link } = await openShared(t, [server.url])
  await until('it listens', () => link.listening())
  await texts(['a'])

  await server.stop()
  await until('the loss is noticed', () => !link.listening())
  await server.restart()
  await until('it listens again', () => link.listening())
  await texts(['a'])

  assert.deepEqual(loads, [['a'], ['a']])
})

test('what could not be evicted while the connection was lost is evicted when it is back', async (t) => {
  const server = await startRedis(t)
  const one = await openShared(t, [server.url])
  const redis = client(t, server)
  await one.texts(['a'], () => loaded('old'))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)
  const before = await redis.get(generation)
  await redis.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES')
  await until('the loss is noticed', () => one.link.status() === 'down')

  await one.shared.evict([tag])
  const missed = (await redis.get(generation)) === before
  await until('Redis has it', async () => (await redis.get(generation)) !== before)

  assert.ok(missed)
  const two = await openShared(t, [server.url])
  assert.deepEqual(await two.texts(['a'], () => loaded('new')), ['new'])
})

test('what could not be evicted while Redis hung is evicted when it goes on', async (t) => {
  const server = await startRedis(t)
  const [one, two] = [await openShared(t, [server.url]), await openShared(t, [server.url])]
  const redis = client(t, server)
  await two.texts(['a'], () => loaded('old'))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)
  await until('both listen', () => one.link.listening() && two.link.listening())
  process.kill(server.pid!, 'SIGSTOP')
  t.after(() => server.pid !== undefined && process.kill(server.pid, 'SIGCONT'))

  // More than fits: the first fail, and after these Redis is left alone for a while.
  for (let n = 0; n < 5; n++) await one.shared.evict([tag, `other ${n}`])
  await until('the other instance knows that it hears nothing', () => !two.link.listening(), 1000)
  process.kill(server.pid!, 'SIGCONT')

  await until('Redis has all of it', async () => (await redis.exists(generation, '{other 4}')) === 1, 2000)
  await until('another generation', async () => {
    const three = await openShared(t, [server.url])
    const [text] = await three.texts(['a'], () => loaded('new'))
    return text === 'new'
  })
})

test('while Redis hangs, what memory holds is good for a second and no longer', async (t) => {
  const server = await startRedis(t)
  const { texts, loads, link } = await openShared(t, [server.url])
  await until('it listens', () => link.listening())
  await texts(['a'], () => loaded('old'))
  process.kill(server.pid!, 'SIGSTOP')
  t.after(() => server.pid !== undefined && process.kill(server.pid, 'SIGCONT'))
  const stopped = performance.now()

  await until('it is loaded again', async () => {
    await texts(['a'], () => loaded('new'))
    return loads.length > 1
  })

  assert.ok(performance.now() - stopped < 1100)
  assert.deepEqual(link.status(), 'down')
})

test('what a Redis that takes no writes could not evict is read from there for a second at most', async (t) => {
  const server = await startRedis(t)
  const [one, two] = [await openShared(t, [server.url]), await openShared(t, [server.url])]
  const redis = client(t, server)
  await two.texts(['a'], () => loaded('old'))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)

  await redis.config('SET', 'maxmemory', '1')
  await one.shared.evict([tag])
  await until(
    'it is loaded again',
    async () => (await two.texts(['a'], () => loaded('new')))[0] === 'new',
    1200,
  )

  assert.equal(two.link.status(), 'down')
  await redis.config('SET', 'maxmemory', '0')
  await until('it works again', () => one.link.listening() && two.link.listening())
  const three = await openShared(t, [server.url])
  await until('it is evicted', async () => (await three.texts(['a'], () => loaded('new')))[0] === 'new', 1000)
})

test('an eviction that Redis has forgotten is made again', async (t) => {
  const server = await startRedis(t)
  const redis = client(t, server)
  const one = await openShared(t, [server.url])
  await one.texts(['a'], () => loaded('old'))
  await until('it is in Redis', async () => (await redis.exists(entry)) === 1)
  const forgotten = (await redis.get(generation))!
  one.evictions.evict([tag])
  await one.shared.evict([tag])

  // As where a replica takes over that has not heard of the last writes.
  await redis.set(generation, forgotten)

  assert.deepEqual(await one.texts(['a'], () => loaded('new')), ['new'])
  await until('it is evicted again', async () => (await redis.get(generation)) !== forgotten)
})

test('after a loss Redis is read once the others have had the time to make up for what they could not evict', async (t) => {
  const server = await startRedis(t)
  const one = await openShared(t, [server.url])
  await until('it is settled', () => one.link.settled())
  await server.restart()
  await until('it is back', () => one.link.status() === 'up')
  await client(t, server).mset(generation, 'present', entry, JSON.stringify(whole))

  const atOnce = await one.texts(['a'], () => loaded('new', { freshForMs: 0 }))
  await until('it is settled', () => one.link.settled())

  assert.deepEqual([atOnce, await one.texts(['a'])], [['new'], ['planted']])
})

test('an eviction waits for a Redis that hangs as long as that is not known, and then no more', async (t) => {
  const server = await startRedis(t)
  const { shared, link } = await openShared(t, [server.url])
  const redis = client(t, server)
  await until('it listens', () => link.listening())
  const evict = async () => {
    const from = performance.now()
    await shared.evict([tag])
    return performance.now() - from
  }
  await evict()
  const before = await redis.get(generation)
  process.kill(server.pid!, 'SIGSTOP')
  t.after(() => server.pid !== undefined && process.kill(server.pid, 'SIGCONT'))

  const first = await evict()
  await until('it is known', () => !link.listening(), 1500)
  const later = await evict()
  process.kill(server.pid!, 'SIGCONT')

  assert.ok(first > 90 && first < 1000, `${Math.round(first)} ms`)
  assert.ok(later < 90, `${Math.round(later)} ms`)
  await until('it is made up for', async () => (await redis.get(generation)) !== before)
})

test('what Redis has can be brought into memory by one read, and nothing is loaded for it', async (t) => {
  const server = await startRedis(t)
  const [one, two] = [await openShared(t, [server.url]), await openShared(t, [server.url])]
  const redis = client(t, server)
  await one.texts(['a', 'b'])
  await until('both are in Redis', async () => (await redis.exists(entry)) === 1)
  const names = ['a', 'b', 'c'].map((name) => key(name))
  const held = () => names.map((one) => two.cache.atHand(one.tag, entryName(one), Date.now())?.value.text)
  assert.deepEqual(held(), [undefined, undefined, undefined])
  const reads = await callsOf(redis, 'mget')

  await two.cache.recall(names)

  assert.deepEqual(held(), ['a', 'b', undefined])
  assert.equal(await callsOf(redis, 'mget'), reads + 1)
  assert.deepEqual(two.loads, [])
})

test('what is evicted while it is brought from Redis is not at hand', async (t) => {
  const server = await startRedis(t)
  const [one, two] = [await openShared(t, [server.url]), await openShared(t, [server.url])]
  await one.texts(['a'])
  await until('it is in Redis', async () => (await client(t, server).exists(entry)) === 1)

  const recalled = two.cache.recall([key('a')])
  two.evictions.evict([tag])
  await recalled

  assert.equal(two.cache.atHand(tag, entryName(key('a')), Date.now()), undefined)
})
