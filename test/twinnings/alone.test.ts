// One instance has nobody but itself to share a reading with. A second one changes that, for as long as it is there.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import type { Gateway } from '../support/gateway.ts'
import { startInFrontOf, startServer } from '../support/operator.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

const query =
  'query ($address: DeviceAddress!) { twinningDevice(address: $address) { twinnings { totalCount } } }'

/** How often a lease has been asked of Redis so far, by whomever. */
async function countLeases(t: TestContext, { url }: RedisServer): Promise<() => Promise<number>> {
  const client = new Redis(url)
  const monitor = await client.monitor()
  for (const connection of [client, monitor]) {
    connection.on('error', () => undefined)
    t.after(() => connection.disconnect())
  }
  const said: string[] = []
  monitor.on('monitor', (_time: string, args: string[]) => said.push(args.join(' ')))
  return async () => {
    // What was said before this is heard before it.
    const mark = randomUUID()
    await client.echo(mark)
    await until('all is heard', () => said.some((words) => words.includes(mark)))
    return said.filter((words) => /^set \S+lease\|/i.test(words)).length
  }
}

test('an instance that is alone asks for no lease; with a second one both do, until that has gone', async (t) => {
  const redis = await startRedis(t)
  const count = await countLeases(t, redis)
  const operator = await startServer(t, (_, response) => {
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"twinningList": {}}')
    }, 100)
  })
  const one = await startInFrontOf(t, operator.url, { REDIS_URL: redis.url })
  const portal = await one.token('twinning:read:any')
  let devices = 0
  /** How many leases are asked for when these want at the same time what none of them has; and how many readings that takes. */
  async function read(...instances: readonly Gateway[]): Promise<{ leases: number; readings: number }> {
    const address = `tel:+1556${String(devices++).padStart(4, '0')}`
    const before = { leases: await count(), readings: operator.requests.length }
    const answers = await Promise.all(instances.map((instance) => instance.query(portal, query, { address })))
    for (const { errors } of answers) assert.deepEqual(errors, [])
    return {
      leases: (await count()) - before.leases,
      readings: operator.requests.length - before.readings,
    }
  }
  const isAlone = async () => (await read(one)).leases === 0

  assert.deepEqual(await read(one), { leases: 1, readings: 1 }, 'whether it is alone is not known yet')
  await until('it knows that it is', isAlone, 10_000)
  assert.deepEqual(await read(one, one, one), { leases: 0, readings: 1 })

  const two = await one.another()
  assert.deepEqual(await read(one, two), { leases: 2, readings: 1 })
  assert.deepEqual(await read(one), { leases: 1, readings: 1 })
  assert.deepEqual(await read(two), { leases: 1, readings: 1 })

  await two.close()
  await until('it knows that it is alone again', isAlone, 10_000)
  assert.deepEqual(await read(one), { leases: 0, readings: 1 })
})
