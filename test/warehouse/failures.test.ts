// What becomes of the stream of changes, and of everything else, when Redis, a gateway or the warehouse fails.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Redis } from 'ioredis'
import { parseAddress } from '../../src/domain/address.ts'
import { createSealer } from '../../src/domain/ids.ts'
import { createRedisLink } from '../../src/redis/redis.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { createChangeStream } from '../../src/warehouse/stream.ts'
import { watch } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { counted, entryOf, key, notify, openClient, readStream, startWorld } from './support.ts'

const request = 'mutation { requestTwinning(input: {}) { twinning { id } userErrors { code } } }'

test('what changes while Redis is away is answered as ever, and written once it is back', async (t) => {
  const { gateway, redis, entries } = await startWorld(t)
  const token = await gateway.token('twinning:write', watch)
  await redis.stop()

  const { data, errors } = await gateway.query(token, request)
  await notify(gateway, gateway.sandbox.operators.beta, watch, ['s1'])
  assert.deepEqual([await counted(gateway, 'written'), await counted(gateway, 'lost')], [0, 0])
  await redis.restart()

  const found = await entries(2)
  assert.deepEqual(errors, [])
  assert.deepEqual(
    found.map(({ number, kind, toldBy }) => [number, kind, toldBy]),
    [
      ['1', 'CREATED', 'mutation'],
      ['2', 'UPDATED', 'notification'],
    ],
  )
  assert.equal(found[0]?.id, data.requestTwinning.twinning.id)
  assert.deepEqual([await counted(gateway, 'written'), await counted(gateway, 'lost')], [2, 0])
})

test('of what waits for Redis the oldest is lost and counted beyond 20,000, and leaves a hole in the numbers', async (t) => {
  const { gateway, redis, entries } = await startWorld(t)
  const { beta } = gateway.sandbox.operators
  await notify(gateway, beta, watch, ['first'])
  await entries(1)
  await redis.stop()

  const ids = Array.from({ length: 1000 }, (_, n) => `s${n}`)
  for (let n = 0; n < 20; n++) await notify(gateway, beta, watch, ids)
  assert.equal(await counted(gateway, 'lost'), 0)
  await notify(gateway, beta, watch, ids.slice(0, 100))
  assert.equal(await counted(gateway, 'lost'), 100)
  await redis.restart()

  const numbers = (await entries(20_000)).map(({ number }) => Number(number))
  assert.equal(new Set(numbers).size, 20_000)
  assert.deepEqual([numbers[0], numbers.at(-1)], [102, 20_101])
  assert.equal(await counted(gateway, 'written'), 20_001)
})

test('where the key is something else, what changes is answered as ever, and what waits at the end is lost', async (t) => {
  const { gateway, client, entries } = await startWorld(t)
  const token = await gateway.token('twinning:read twinning:write', watch)
  await client.set(key, 'something else')

  for (let n = 0; n < 6; n++) assert.deepEqual((await gateway.query(token, request)).errors, [])
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  assert.match(metrics, /^twinning_cache_failures_total\{operation="stream"\} [1-9]/m)
  await client.del(key)
  assert.deepEqual(
    (await entries(6)).map(({ number }) => number),
    ['1', '2', '3', '4', '5', '6'],
  )

  const other = await gateway.another()
  await client.set(key, 'something else')
  await other.query(token, request)
  await other.close()
  assert.equal(await counted(gateway, 'lost'), 1)
})

test('however often the stream is refused, Redis is not given a rest from all else', async (t) => {
  const server = await startRedis(t)
  await openClient(t, server.url).set(key, 'something else')
  const redis = await createRedisLink([new URL(server.url)])
  t.after(redis.close)
  const sealer = createSealer([Buffer.alloc(32, 7)])
  const stream = createChangeStream({ redis, sealer, key, maxLength: 1000 })
  await redis.subscribe('any', () => undefined)
  let refusals = 0
  t.after(listen('cache.failure', () => (refusals += 1)))

  const device = parseAddress(watch)!
  stream.record([{ kind: 'UPDATED', ref: { operatorId: 'beta', device, twinningId: 's1' } }], 'lookout')
  await until('it was refused three times', () => refusals === 3)

  assert.equal(await redis.attempt('ping', (client) => client.ping()), 'PONG')
})

test('a consumer group goes on where it was after Redis, the gateway and its consumer were started again', async (t) => {
  const onDisk = ['--appendonly', 'yes', '--appendfsync', 'always']
  const { gateway, redis, client, entries } = await startWorld(t, {}, onDisk)
  const { beta } = gateway.sandbox.operators
  const read = async (consumer: Redis, from: string) => {
    const reply = (await consumer.xreadgroup('GROUP', 'warehouse', 'loader', 'COUNT', 10, 'STREAMS', key, from)) as [string, [string, string[]][]][] | null // prettier-ignore
    return (reply?.[0]?.[1] ?? []).map(([id, fields]) => ({ id, number: entryOf(fields).number }))
  }
  const numbers = (found: { number: string | undefined }[]) => found.map(({ number }) => number)
  await client.xgroup('CREATE', key, 'warehouse', '0', 'MKSTREAM')
  await notify(gateway, beta, watch, ['a', 'b', 'c'])
  await entries(3)

  const loader = openClient(t, redis.url)
  const [first] = await read(loader, '>')
  await client.xack(key, 'warehouse', first!.id)
  loader.disconnect()
  await gateway.close()
  await redis.restart()
  const again = await gateway.another()
  await notify(again, beta, watch, ['d'])
  await entries(4)

  const restarted = openClient(t, redis.url)
  assert.equal(first?.number, '1')
  assert.deepEqual(numbers(await read(restarted, '0')), ['2', '3'])
  assert.deepEqual(numbers(await read(restarted, '>')), ['1'])
  const writers = new Set((await readStream(client)).map(({ writer }) => writer))
  assert.equal(writers.size, 2)
})
