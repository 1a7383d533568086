// The gateway with Redis as its callers see it: several instances, and Redis in every bad state.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { createLog } from '../../src/telemetry/log.ts'
import { startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { startRedisCluster } from '../support/redisCluster.ts'
import { until } from '../support/until.ts'

const listQuery = '{ twinningDevice { twinnings { nodes { id name } } } }'
const rename =
  'mutation ($id: ID!, $name: String!) { renameTwinning(input: {id: $id, name: $name}) { twinning { name } userErrors { code } } }'

type Node = { id: string; name: string }

/** The watch's only twinning, as an instance answers it; never an error. */
async function read(gateway: Gateway): Promise<Node> {
  const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), listQuery)
  assert.deepEqual(errors, [])
  return (data.twinningDevice.twinnings.nodes as Node[])[0]!
}

async function write(gateway: Gateway, id: string, name: string): Promise<void> {
  const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), rename, {
    id,
    name,
  })
  assert.deepEqual([errors, data], [[], { renameTwinning: { twinning: { name }, userErrors: [] } }])
}

async function ready({ url }: Gateway): Promise<[number, unknown]> {
  const response = await fetch(`${url}/health/ready`)
  return [response.status, await response.json()]
}
const up = [200, { status: 'ready', redis: 'up' }]
const down = [200, { status: 'ready', redis: 'down' }]

async function isUp(gateway: Gateway): Promise<boolean> {
  return JSON.stringify(await ready(gateway)) === JSON.stringify(up)
}

/** Two instances, and a twinning that both have read. */
async function startTwo(t: TestContext, url: string): Promise<{ one: Gateway; two: Gateway; id: string }> {
  const one = await startGateway(t, { environment: { REDIS_URL: url, CACHE_TTL_S: '600' } })
  const two = await one.another()
  one.sandbox.operators.beta.seed({ ownAddress: watch, id: 'tw1', name: 'first' })
  const { id } = await read(one)
  await read(two)
  return { one, two, id }
}

/** Stops the process that serves, and lets it go on at the end at the latest. */
function freeze(t: TestContext, server: RedisServer): () => void {
  const { pid } = server
  const signal = (name: 'SIGSTOP' | 'SIGCONT') =>
    pid !== undefined && server.pid === pid && process.kill(pid, name)
  signal('SIGSTOP')
  t.after(() => signal('SIGCONT'))
  return () => signal('SIGCONT')
}

test('a write through one instance is what the other reads, from the moment that it is answered', async (t) => {
  const redis = await startRedis(t)
  const { one, two, id } = await startTwo(t, redis.url)

  // Not once by chance: each round is a race that the eviction must win.
  for (let round = 0; round < 10; round++) {
    const [writer, reader] = round % 2 === 0 ? [one, two] : [two, one]
    await write(writer, id, `name ${round}`)
    assert.equal((await read(reader)).name, `name ${round}`)
    assert.equal((await read(writer)).name, `name ${round}`)
  }
})

test('without Redis at the start the gateway serves, and uses it when it comes', async (t) => {
  const redis = await startRedis(t)
  await redis.stop()
  const { one, two, id } = await startTwo(t, redis.url)
  await write(one, id, 'second')
  assert.deepEqual([(await read(one)).name, await ready(one)], ['second', down])

  await redis.restart()
  await until('both have found it', async () => (await isUp(one)) && (await isUp(two)))

  assert.equal((await read(two)).name, 'second')
  await write(one, id, 'third')
  assert.equal((await read(two)).name, 'third')
})

test('when Redis is killed nothing fails, and a write is seen by others within a second', async (t) => {
  const redis = await startRedis(t)
  const { one, two, id } = await startTwo(t, redis.url)

  await redis.stop()
  await until('it is missed', async () => !(await isUp(one)) && !(await isUp(two)))
  assert.deepEqual([await ready(one), await ready(two)], [down, down])
  await write(one, id, 'second')
  assert.equal((await read(one)).name, 'second')
  await until('the other sees it', async () => (await read(two)).name === 'second', 1000)

  await redis.restart()
  await until('both have found it again', async () => (await isUp(one)) && (await isUp(two)))
  assert.equal((await read(two)).name, 'second')
})

test('while Redis hangs nothing fails or waits long, and a write is seen by others within a second', async (t) => {
  const redis = await startRedis(t)
  const { one, two, id } = await startTwo(t, redis.url)
  const thaw = freeze(t, redis)
  const started = performance.now()

  await read(two)
  await write(one, id, 'second')
  const writtenMs = performance.now() - started
  await until('the other sees it', async () => (await read(two)).name === 'second', 1000)

  assert.ok(writtenMs < 1000, `${Math.round(writtenMs)} ms`)
  await until('it is missed', async () => !(await isUp(two)))
  assert.deepEqual(await ready(two), down)
  thaw()
  await until('both have found it again', async () => (await isUp(one)) && (await isUp(two)))
  // What Redis held from before the write is void too: an instance without any memory reads it.
  await until('a third sees it', async () => (await read(await one.another())).name === 'second')
})

test('a wrong password costs Redis and nothing else, and stands in no log', async (t) => {
  const redis = await startLocked(t, 'right-password')
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const url = redis.url.replace('redis://', 'redis://:wrong-password@')
  const gateway = await startGateway(t, { environment: { REDIS_URL: url }, log })
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 'tw1', name: 'first' })

  const { id, name } = await read(gateway)
  await write(gateway, id, 'second')

  assert.deepEqual([name, (await read(gateway)).name, await ready(gateway)], ['first', 'second', down])
  assert.ok(lines.some((line) => line.includes('"error":"WRONGPASS"')))
  assert.ok(!lines.join('').includes('-password'))
})

test('the right password is taken from the URL', async (t) => {
  const redis = await startLocked(t, 'right/password')
  const url = redis.url.replace('redis://', 'redis://:right%2Fpassword@')
  const gateway = await startGateway(t, { environment: { REDIS_URL: url } })

  assert.deepEqual(await ready(gateway), up)
})

test(
  'on a cluster, reads and evictions work, with one MGET for each slot',
  { timeout: 30_000 },
  async (t) => {
    const nodes = await startRedisCluster(t, { args: ['--cluster-require-full-coverage', 'no'] })
    const one = await startGateway(t, { environment: { REDIS_URL: nodes.map(({ url }) => url).join() } })
    const two = await one.another()
    const { beta } = one.sandbox.operators
    const addresses = Array.from({ length: 20 }, (_, n) => `tel:+1556020${n + 10}`)
    for (const ownAddress of addresses) beta.seed({ ownAddress, name: 'first' })
    const portal = await one.token('twinning:read:any twinning:write:any')
    const query =
      'query ($addresses: [DeviceAddress!]!) { twinningDevices(addresses: $addresses) { twinnings { nodes { id name } } } }'
    const names = async (gateway: Gateway) => {
      const { data, errors } = await gateway.query(portal, query, { addresses })
      assert.deepEqual(errors, [])
      return (data.twinningDevices as { twinnings: { nodes: Node[] } }[]).map(
        ({ twinnings }) => twinnings.nodes[0]!,
      )
    }
    await until('both are there', async () => (await isUp(one)) && (await isUp(two)))
    const [first] = await names(one)
    const entries = () => Promise.all(nodes.map((node) => count(t, node, 'DBSIZE')))
    // Of each device its generation, its list and its twinning; and beside those what callers have spent.
    await until('all is in Redis', async () => sum(await entries()) >= 3 * addresses.length)
    const before = await Promise.all(nodes.map((node) => count(t, node, 'mget')))
    beta.clearRequests()

    await names(two)

    const after = await Promise.all(nodes.map((node) => count(t, node, 'mget')))
    assert.equal(sum(after) - sum(before), addresses.length)
    assert.deepEqual(beta.requests(), [])
    assert.ok((await entries()).every((size) => size > 0))
    await one.query(portal, rename, { id: first!.id, name: 'second' })
    // The nodes pass a message on after they have answered whoever sent it; a second is what is promised.
    await until('the other sees it', async () => (await names(two))[0]!.name === 'second', 1000)

    // The node that told this instance of evictions may be the one that goes.
    await nodes[0]!.stop()
    await one.query(portal, rename, { id: first!.id, name: 'third' })
    await until('the other sees it', async () => (await names(two))[0]!.name === 'third', 1500)
  },
)

async function startLocked(t: TestContext, password: string): Promise<RedisServer> {
  const server = await startRedis(t)
  await clientOf(t, server).config('SET', 'requirepass', password)
  return server
}

const clients = new WeakMap<RedisServer, Redis>()

/** How many keys a node holds, or how often it has run a command. */
async function count(t: TestContext, server: RedisServer, what: 'DBSIZE' | 'mget'): Promise<number> {
  const client = clientOf(t, server)
  if (what === 'DBSIZE') return client.dbsize()
  return Number(/cmdstat_mget:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
}

function clientOf(t: TestContext, server: RedisServer): Redis {
  const known = clients.get(server)
  if (known) return known
  const client = new Redis(server.url)
  client.on('error', () => undefined)
  t.after(() => client.disconnect())
  clients.set(server, client)
  return client
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
