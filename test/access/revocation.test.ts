// A token or a subject is revoked through Redis: on all instances, at once, and whatever is at hand or open.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test, { type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { WebSocket } from 'ws'
import { listen } from '../../src/telemetry/channels.ts'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

const place = 'twinning-gateway:1:revoked'
const list = '{ twinningDevice { twinnings { nodes { name } } } }'
const nowS = () => Math.floor(Date.now() / 1000)

type World = {
  readonly redis: RedisServer
  readonly client: Redis
  readonly gateway: Gateway
  readonly revoke: (what: object) => Promise<void>
  readonly status: (token: string, gateway?: Gateway) => Promise<number>
}

async function start(t: TestContext, environment: Record<string, string> = {}): Promise<World> {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: redis.url, ...environment } })
  const client = new Redis(redis.url)
  client.on('error', () => undefined)
  t.after(() => client.disconnect())
  return {
    redis,
    client,
    gateway,
    revoke: async (what) => {
      await client.publish(place, JSON.stringify({ until: nowS() + 3600, ...what }))
    },
    status: async (token, one = gateway) => (await one.query(token, list)).status,
  }
}

for (const [what, revoked, spared] of [
  ['a subject', { sub: watch }, { sub: 'somebody', jti: 'other' }],
  ['a token', { jti: 'one' }, { sub: watch, jti: 'other' }],
] as const)
  test(`${what} that is revoked is refused within a moment on every instance, and nobody else is`, async (t) => {
    const { gateway, revoke, status } = await start(t)
    const other = await gateway.another()
    const token = await gateway.token('twinning:read', watch, { jti: 'one' })
    const another = await gateway.token('twinning:read', phone, spared)
    let atHand = 0
    t.after(listen('answer.atHand', () => (atHand += 1)))
    for (const one of [gateway, gateway, other, other])
      for (const by of [token, another]) assert.equal(await status(by, one), 200)
    if (process.env.FAST_PATH !== 'off') assert.ok(atHand > 0)

    await revoke(revoked)
    const from = performance.now()
    for (const one of [gateway, other])
      await until('it is refused', async () => (await status(token, one)) === 401, 1000)

    assert.ok(performance.now() - from < 1000)
    const { errors, headers } = await gateway.query(token, list)
    assert.deepEqual(errors, [
      { message: 'the access token has been revoked', extensions: { code: 'UNAUTHENTICATED' } },
    ])
    assert.equal(headers.get('www-authenticate'), 'Bearer')
    for (const one of [gateway, other]) assert.equal(await status(another, one), 200)
  })

test('a new token of a revoked subject is refused too, and the revocation can be taken back', async (t) => {
  const { gateway, revoke, status } = await start(t)
  await revoke({ sub: watch })
  const token = await gateway.token('twinning:read', watch)
  await until('it is refused', async () => (await status(token)) === 401)

  await revoke({ sub: watch, until: 0 })

  await until('it is let in again', async () => (await status(token)) === 200)
})

test('an instance that starts later knows of it, and one that was not listening learns of it', async (t) => {
  const { gateway, client, revoke, status } = await start(t)
  const token = await gateway.token('twinning:read', watch)
  await revoke({ sub: watch })
  await until('it is kept', async () => (await client.zcard(place)) === 1)
  const later = await gateway.another()
  assert.equal(await status(token, later), 401)

  // Nobody is told of this one; but whoever has not heard for a moment looks for what it may have missed.
  const other = await gateway.token('twinning:read', phone)
  assert.equal(await status(other), 200)
  await client.zadd(place, nowS() + 3600, `sub:${phone}`)
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')

  for (const one of [gateway, later])
    await until('it is refused', async () => (await status(other, one)) === 401, 8000)
})

test('it ends when it says so, and leaves nothing behind', async (t) => {
  const { gateway, client, revoke, status } = await start(t)
  const token = await gateway.token('twinning:read', watch)
  await revoke({ sub: watch, until: nowS() + 2 })
  await until('it is refused', async () => (await status(token)) === 401)

  await until('it is let in', async () => (await status(token)) === 200, 4000)
  await gateway.another()

  assert.equal(await client.zcard(place), 0)
})

test('what is no revocation revokes nobody', async (t) => {
  const { gateway, client, status } = await start(t)
  const token = await gateway.token('twinning:read', watch, { jti: 'one' })
  const heard: string[] = []
  t.after(listen('auth.revocations', ({ outcome }) => heard.push(outcome)))

  const messages = ['', 'null', '{}', '[]', '{"sub":"x"}', '{"until":9999999999}', '{"sub":"","until":9999999999}', '{"sub":1,"until":9999999999}', '{"sub":"*","until":"9999999999"}'] // prettier-ignore
  for (const message of messages) await client.publish(place, message)
  await until('all are heard', () => heard.filter((outcome) => outcome === 'unreadable').length === messages.length) // prettier-ignore

  assert.equal(await status(token), 200)
  assert.equal(await client.zcard(place), 0)
})

test('streams of a revoked token end, and say why', async (t) => {
  const { gateway, revoke } = await start(t)
  const token = await gateway.token('twinning:read', watch)
  const query = 'subscription { twinningChanged { kind } }'
  const response = await fetch(`${gateway.url}/graphql/stream`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query }),
  })
  assert.equal(response.status, 200)
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  t.after(() => socket.terminate())
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  await once(socket, 'message')
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }))
  const closed = once(socket, 'close') as Promise<[number, Buffer]>

  await revoke({ sub: watch })

  const [code, reason] = await closed
  assert.deepEqual([code, reason.toString()], [4403, 'the access token has been revoked'])
  const text = await response.text()
  assert.match(text, /"message":"the access token has been revoked","extensions":{"code":"UNAUTHENTICATED"}/)
  assert.match(text, /event: complete/)
})

test('while Redis is gone, what was revoked stays revoked', async (t) => {
  const { gateway, redis, revoke, status } = await start(t)
  const token = await gateway.token('twinning:read', watch)
  const other = await gateway.token('twinning:read', phone)
  await revoke({ sub: watch })
  await until('it is refused', async () => (await status(token)) === 401)

  await redis.stop()

  for (let n = 0; n < 5; n++) assert.deepEqual([await status(token), await status(other)], [401, 200])
})
