// One reading for all instances, through their front doors.
import assert from 'node:assert/strict'
import type { RequestListener, ServerResponse } from 'node:http'
import test, { type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { watch, type Gateway } from '../support/gateway.ts'
import { startInFrontOf, startServer, wireTwinning } from '../support/operator.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

const list = '{ twinningDevice { twinnings { nodes { name } } } }'
const codes = '{ twinningDevice { twinnings { nodes { name ... on SecondaryTwinning { authCode } } } } }'

type World = {
  readonly redis: RedisServer
  readonly instances: readonly Gateway[]
  readonly requests: readonly string[]
  /** Asks each instance at once; the names, or the codes of the errors, that they gave. */
  readonly askAll: (query?: string) => Promise<string[]>
}

/** Three instances with one Redis, and an operator that answers as told. */
async function startThree(
  t: TestContext,
  answer: RequestListener,
  environment: Record<string, string> = {},
): Promise<World> {
  const redis = await startRedis(t)
  const operator = await startServer(t, answer)
  const one = await startInFrontOf(t, operator.url, { REDIS_URL: redis.url, ...environment })
  const instances = [one, await one.another(), await one.another()]
  const token = await one.token('twinning:read twinning:codes', watch)
  return {
    redis,
    instances,
    requests: operator.requests,
    askAll: (query = list) =>
      Promise.all(
        instances.map(async (instance) => {
          const { data, errors } = await instance.query(token, query)
          return (
            (data.twinningDevice?.twinnings?.nodes[0]?.name as string | undefined) ??
            String(errors[0]?.extensions.code)
          )
        }),
      ),
  }
}

function answerList(response: ServerResponse, headers: Record<string, string> = {}): void {
  const twinning = wireTwinning(watch, 's1', { name: 'mine', authCode: 'secret' })
  response.writeHead(200, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ twinningList: { twinning: [twinning] } }))
}

/** The keys that say who is reading something. */
async function leasesIn(t: TestContext, { url }: RedisServer): Promise<() => Promise<string[]>> {
  const client = new Redis(url)
  t.after(() => client.disconnect())
  await client.ping()
  return () => client.keys('*lease*')
}

const three = ['mine', 'mine', 'mine']

test('instances that want the same at the same time read it once', async (t) => {
  const world = await startThree(t, (_, response) => void setTimeout(answerList, 300, response))

  assert.deepEqual(await world.askAll(), three)
  assert.equal(world.requests.length, 1)
})

test('who comes just after the reading finds what it brought', async (t) => {
  const world = await startThree(t, (_, response) => void setTimeout(answerList, 50, response))
  const [one, two] = world.instances
  const token = await one!.token('twinning:read', watch)

  // Again and again, at every moment around the end of the reading.
  for (let ms = 30; ms < 90; ms += 3) {
    const device = `tel:+1556${String(ms).padStart(4, '0')}`
    const portal = await one!.token('twinning:read:any')
    const query = `{ twinningDevice(address: "${device}") { twinnings { totalCount } } }`
    const first = one!.query(portal, query)
    await wait(ms)
    await two!.query(portal, query)
    await first
  }

  assert.equal(world.requests.length, new Set(world.requests).size)
  assert.deepEqual((await one!.query(token, list)).errors, [])
})

test('a refresh of what is no longer fresh is one for all instances', async (t) => {
  const world = await startThree(t, (request, response) => {
    if (request.headers['if-none-match'] === '"1"')
      setTimeout(() => response.writeHead(304, { etag: '"1"', 'cache-control': 'max-age=60' }).end(), 50)
    else answerList(response, { etag: '"1"', 'cache-control': 'max-age=1' })
  })
  await world.askAll()
  await wait(1100)

  assert.deepEqual(await world.askAll(), three)
  assert.equal(world.requests.length, 2)
})

test('who has to wait in vain, as the one who reads has died, waits half an OMA_TIMEOUT_MS at most', async (t) => {
  const world = await startThree(t, (_, response) => answerList(response), { OMA_TIMEOUT_MS: '600' })
  const client = new Redis(world.redis.url)
  t.after(() => client.disconnect())
  const name = `twinning-gateway:1:{default|${watch}}lease||list|gateway`
  await client.set(name, 'one that is gone', 'PX', 300)
  const began = performance.now()

  assert.deepEqual(await world.askAll(), three)

  const tookMs = performance.now() - began
  assert.ok(tookMs > 250, `the lease was not heeded: is ${name} its name? (${tookMs} ms)`)
  assert.ok(tookMs < 2000, `${tookMs} ms`)
})

test('a lease that never ends is no lease: it is waited for once, and no more', async (t) => {
  const world = await startThree(t, (_, response) => answerList(response), { OMA_TIMEOUT_MS: '600' })
  const client = new Redis(world.redis.url)
  t.after(() => client.disconnect())
  await client.set(`twinning-gateway:1:{default|${watch}}lease||list|gateway`, 'planted')

  assert.deepEqual(await world.askAll(), three)

  await until('it is gone', async () => (await client.keys('*lease*')).length === 0)
})

for (const [what, respond] of [
  ['may not be kept', (response: ServerResponse) => answerList(response, { 'cache-control': 'no-store' })],
  [
    'may be kept, but not used again unasked',
    (response: ServerResponse) => answerList(response, { 'cache-control': 'max-age=0' }),
  ],
] as const)
  test(`where what is brought ${what}, the others read for themselves, side by side`, async (t) => {
    let open = 0
    let most = 0
    const world = await startThree(t, (_, response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open -= 1
        respond(response)
      }, 200)
    })

    assert.deepEqual(await world.askAll(), three)

    assert.deepEqual([world.requests.length, most], [3, 2])
  })

test('an operator that fails fails for each instance, and holds nobody up for long', async (t) => {
  const world = await startThree(t, (_, response) => void response.writeHead(400).end('{}'))
  const leases = await leasesIn(t, world.redis)

  const codesSeen = await world.askAll()

  assert.deepEqual(new Set(codesSeen).size, 1)
  assert.notEqual(codesSeen[0], 'mine')
  await until('nobody holds a lease', async () => (await leases()).length === 0, 500)
})

test('a code is never taken from another instance, which has not got it', async (t) => {
  const world = await startThree(t, (_, response) => void setTimeout(answerList, 200, response))
  const token = await world.instances[0]!.token('twinning:read twinning:codes', watch)

  const [without, ...withCodes] = await Promise.all([
    world.instances[0]!.query(token, list),
    ...world.instances.map((instance) => instance.query(token, codes)),
  ])

  assert.deepEqual(without.errors, [])
  for (const { data, errors } of withCodes) {
    assert.deepEqual(errors, [])
    assert.deepEqual(data.twinningDevice.twinnings.nodes, [{ name: 'mine', authCode: 'secret' }])
  }
})

test('after a change nobody waits for a reading of before it', async (t) => {
  const held: ServerResponse[] = []
  const world = await startThree(t, (_, response) => {
    if (held.length === 0) held.push(response)
    else answerList(response)
  })
  const [one, two] = world.instances
  const token = await one!.token('twinning:read', watch)
  const before = one!.query(token, list)
  await until('it is read', () => held.length === 1)

  await fetch(`${two!.url}/notifications/default`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({
      twinningNotification: {
        link: [{ rel: 'Twinning', href: `http://operator.example/twinning/v1/${encodeURIComponent(watch)}/twinnings/s1` }], // prettier-ignore
      },
    }),
  })
  const after = await two!.query(token, list)
  answerList(held[0]!)

  assert.deepEqual([after.errors, (await before).errors], [[], []])
  assert.ok(world.requests.length >= 2)
})
