// Two instances and a Redis that is killed: who watches on the one hears of what happens on the other.
import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import test, { type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { listen } from './support.ts'

const own = 'twinning:read twinning:write twinning:voicemail'
const rename = 'mutation ($id: ID!, $name: String!) { renameTwinning(input: { id: $id, name: $name }) { userErrors { code } } }' // prettier-ignore
const mine = '{ twinningDevice { twinnings { nodes { id name } } } }'

type Event = { kind: string; twinning: Record<string, unknown> | null }

/** The same over WebSocket. */
async function listenBySocket(
  t: TestContext,
  { url }: Gateway,
  token: string,
  fields = 'name twinningStatus',
) {
  const heard: Event[] = []
  const connected = Promise.withResolvers<undefined>()
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    on: { connected: () => connected.resolve(undefined) },
  })
  t.after(() => client.dispose())
  client.subscribe<{ twinningChanged: Event }>(
    { query: `subscription { twinningChanged { kind twinning { ${fields} } } }` },
    {
      next: ({ data }) => {
        if (data) heard.push(data.twinningChanged)
      },
      error: () => undefined,
      complete: () => undefined,
    },
  )
  await connected.promise
  // What is refused is answered behind it.
  await client
    .iterate({ query: '{ __typename }' })
    .next()
    .catch(() => undefined)
  return { heard }
}

async function startTwo(t: TestContext, environment: Record<string, string> = {}) {
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url, POLL_S: '0', ...environment } })
  const two = await one.another()
  one.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const token = await one.token(own, watch)
  const { data } = await one.query(token, mine)
  return { redis, one, two, token, id: data.twinningDevice.twinnings.nodes[0].id as string }
}

test('what happens while Redis is gone is heard on the other instance once it is back, and what comes after at once', async (t) => {
  const { redis, one, two, token, id } = await startTwo(t)
  const bySse = await listen(t, two, token)
  const bySocket = await listenBySocket(t, two, token)
  await one.query(token, rename, { id, name: 'before' })
  await until('both hear', () => bySse.heard.length === 1 && bySocket.heard.length === 1)

  await redis.stop()
  const { errors } = await one.query(token, rename, { id, name: 'meanwhile' })
  await redis.restart()
  await until('both hear of it', () => [bySse, bySocket].every(({ heard }) => heard.at(-1)?.twinning?.name === 'meanwhile'), 15_000) // prettier-ignore
  await one.query(token, rename, { id, name: 'after' })
  await until('both hear again', () => [bySse, bySocket].every(({ heard }) => heard.at(-1)?.twinning?.name === 'after')) // prettier-ignore

  assert.deepEqual(errors, [])
  const { data } = await two.query(token, mine)
  assert.equal(data.twinningDevice.twinnings.nodes[0].name, 'after')
})

test('a twinning that is removed while Redis is gone is heard of as removed', async (t) => {
  const { redis, one, two, token, id } = await startTwo(t)
  const { heard } = await listenBySocket(t, two, token)
  await until('what there is is known', async () => (await two.query(token, mine)).errors.length === 0)

  await redis.stop()
  await one.query(token, 'mutation ($id: ID!) { deleteTwinning(input: { id: $id }) { userErrors { code } } }', { id }) // prettier-ignore
  await redis.restart()
  await until('it is heard', () => heard.length > 0, 15_000)

  assert.deepEqual(heard, [{ kind: 'DELETED', twinning: null }])
})

test('without any Redis, streams of the one instance hear of its own changes', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const { heard } = await listenBySocket(t, gateway, token)

  await gateway.query(token, 'mutation { requestTwinning(input: { name: "n" }) { twinning { id } } }')
  await until('it is heard', () => heard.length === 1)

  assert.equal(heard[0]?.kind, 'CREATED')
})

test('whoever is told and asks again never reads the old value', async (t) => {
  const { one, two, token, id } = await startTwo(t)
  const names = Array.from({ length: 30 }, (_, i) => `name ${String(i).padStart(2, '0')}`)
  const { heard } = await listenBySocket(t, two, token)
  const late: string[] = []

  for (const [i, name] of names.entries()) {
    await two.query(token, mine)
    await one.query(token, rename, { id, name })
    await until(`${name} is heard`, () => heard.length > i)
    const { data } = await two.query(token, mine)
    const read = data.twinningDevice.twinnings.nodes[0].name as string
    if (read !== name || heard[i]?.twinning?.name !== name) late.push(`${name}: read ${read}`)
  }

  assert.deepEqual(late, [])
})

test('the watch on one instance sees ON and the voice mail when the phone activates through another', async (t) => {
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  const two = await one.another()
  const { alpha, beta } = one.sandbox.operators
  // Only the first instance is told by the operators.
  for (const operator of [alpha, beta])
    operator.notifyTo({ url: `${one.url}/notifications/${operator.id}`, secret: 'notify-secret' })
  const asWatch = await one.token(own, watch)
  const asPhone = await one.token(own, phone)
  const { data } = await two.query(asWatch, 'mutation { requestTwinning(input: { name: "w" }) { twinning { activationCode } } }') // prettier-ignore
  const code = data.requestTwinning.twinning.activationCode as string
  const { heard } = await listenBySocket(t, two, asWatch, 'twinningStatus ... on SecondaryTwinning { voicemailAccess { address } }') // prettier-ignore

  await one.query(asPhone, 'mutation ($code: String!) { activateTwinning(input: { activationCode: $code }) { userErrors { code } } }', { code }) // prettier-ignore
  await until('ON is heard', () => heard.some(({ twinning }) => twinning?.twinningStatus === 'ON'))

  assert.deepEqual(heard.at(-1), {
    kind: 'UPDATED',
    twinning: { twinningStatus: 'ON', voicemailAccess: { address: 'tel:+15550999' } },
  })
})

/** A way to Redis that can be cut, for one instance alone. */
async function startProxy(t: TestContext, port: number) {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((inward) => {
    if (isCut) return inward.destroy()
    const outward = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      open.add(from)
      from.on('error', () => undefined)
      from.once('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  t.after(() => {
    cut()
    server.close()
  })
  const { port: own } = server.address() as AddressInfo
  return { url: `redis://127.0.0.1:${own}`, cut, mend: () => (isCut = false) }
}

test('what one instance could not tell, as Redis was gone for it alone, the other hears once it can', async (t) => {
  const redis = await startRedis(t)
  const proxy = await startProxy(t, redis.port)
  const one = await startGateway(t, { environment: { REDIS_URL: proxy.url, POLL_S: '0' } })
  const two = await one.another({ REDIS_URL: redis.url })
  one.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const token = await one.token(own, watch)
  const { data } = await one.query(token, mine)
  const { heard } = await listenBySocket(t, two, token)

  proxy.cut()
  await one.query(token, rename, { id: data.twinningDevice.twinnings.nodes[0].id, name: 'untold' })
  proxy.mend()
  await until('it is heard', () => heard.some(({ twinning }) => twinning?.name === 'untold'), 15_000)
})

test('what is looked for after Redis was gone is looked for until the operator answers', async (t) => {
  const { redis, one, two, token, id } = await startTwo(t)
  const { heard } = await listenBySocket(t, two, token)
  await two.query(token, mine)

  await redis.stop()
  await one.query(token, rename, { id, name: 'meanwhile' })
  one.sandbox.operators.beta.faults.add({ match: { method: 'GET' }, status: 503 })
  await redis.restart()
  await wait(2500)
  assert.equal(heard.filter(({ twinning }) => twinning?.name === 'meanwhile').length, 0)
  one.sandbox.operators.beta.faults.clear()

  await until('it is heard', () => heard.some(({ twinning }) => twinning?.name === 'meanwhile'), 20_000)
})
