// Subscriptions over WebSocket, with the client that people use and with bare sockets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type TestContext } from 'node:test'
import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const changed = 'subscription ($device: DeviceAddress) { twinningChanged(deviceAddress: $device) { kind twinning { name twinningStatus } } }' // prettier-ignore
const request = 'mutation { requestTwinning(input: {name: "myWatch"}) { twinning { id activationCode } } }'
const own = 'twinning:read twinning:write twinning:voicemail'

type Result = { data?: { twinningChanged?: Record<string, unknown> } | null; errors?: readonly { message: string; extensions?: object }[] } // prettier-ignore

function endpoint({ url }: Gateway): string {
  return `${url.replace('http', 'ws')}/graphql`
}

async function connect(
  t: TestContext,
  gateway: Gateway,
  { params, headers }: { params?: Record<string, unknown>; headers?: Record<string, string> } = {},
): Promise<Client> {
  const connected = Promise.withResolvers<undefined>()
  class Socket extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, { headers })
    }
  }
  const client = createClient({
    url: endpoint(gateway),
    webSocketImpl: Socket,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    ...(params && { connectionParams: params }),
    on: {
      connected: () => connected.resolve(undefined),
      closed: (event) => connected.reject(new Error(String((event as CloseEvent).code))),
    },
  })
  t.after(() => client.dispose())
  await connected.promise
  return client
}

/** Subscribes, and waits until the gateway has it: a stream that is refused answers behind it. */
async function subscribe(client: Client, query = changed, variables: Record<string, unknown> = {}) {
  const results = client.iterate({ query, variables })
  const first = results.next() as Promise<IteratorResult<Result>>
  await client
    .iterate({ query: '{ __typename }' })
    .next()
    .catch(() => undefined)
  let waiting: typeof first | undefined = first
  return {
    next: async (): Promise<Result | undefined> => {
      const { value, done } = (await (waiting ?? results.next())) as IteratorResult<Result>
      waiting = undefined
      return done ? undefined : value
    },
    stop: () => results.return?.(),
  }
}

const bearer = async (gateway: Gateway, scope = own, address = watch, claims = {}) =>
  `Bearer ${await gateway.token(scope, address, claims)}`

for (const where of ['the upgrade request', 'connection_init'] as const)
  test(`with the token in ${where} a device hears of its own changes, and asks no more than it wants`, async (t) => {
    const gateway = await startGateway(t)
    const authorization = await bearer(gateway)
    const client = await connect(
      t,
      gateway,
      where === 'connection_init' ? { params: { authorization } } : { headers: { authorization } },
    )
    const { next } = await subscribe(client)

    await gateway.query(await gateway.token(own, watch), request)

    assert.deepEqual(await next(), {
      data: {
        twinningChanged: { kind: 'CREATED', twinning: { name: 'myWatch', twinningStatus: 'PENDING' } },
      },
    })
  })

for (const [what, params] of [
  ['no token', {}],
  ['a token that is none', { authorization: 'Bearer x' }],
  ['a token that is no text', { authorization: 7 }],
] as const)
  test(`${what} closes the socket with 4401`, async (t) => {
    const gateway = await startGateway(t)

    await assert.rejects(connect(t, gateway, { params }), { message: '4401' })
  })

test('a token that expires closes the socket with 4403 and says so; a client with a new one comes back', async (t) => {
  const gateway = await startGateway(t)
  const exp = Math.floor(Date.now() / 1000) + 2
  const short = await bearer(gateway, own, watch, { exp })
  const long = await bearer(gateway)
  const closes: { code: number; reason: string }[] = []
  let connections = 0
  const again = Promise.withResolvers<undefined>()
  const client = createClient({
    url: endpoint(gateway),
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 3,
    retryWait: () => Promise.resolve(),
    connectionParams: () => ({ authorization: connections++ === 0 ? short : long }),
    on: {
      connected: () => connections === 2 && again.resolve(undefined),
      closed: (event) => closes.push(event as CloseEvent),
    },
  })
  t.after(() => client.dispose())

  await again.promise

  assert.deepEqual(
    closes.map(({ code, reason }) => ({ code, reason })),
    [{ code: 4403, reason: 'the access token has expired' }],
  )
  assert.ok(Math.abs(Date.now() - exp * 1000) < 1500)
})

test('what is no subscription is refused, with a word on where it goes, and the socket stays', async (t) => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway, { params: { authorization: await bearer(gateway) } })

  for (const query of ['{ __typename }', request]) {
    const refused = client.iterate({ query }).next()
    await assert.rejects(refused, (errors: Result['errors']) => {
      assert.deepEqual(
        errors?.map(({ message }) => message),
        ['only subscriptions are taken here: send the rest to /graphql over HTTP'],
      )
      return true
    })
  }
  const { data } = await gateway.query(
    await gateway.token(own, watch),
    '{ twinningDevice { twinnings { totalCount } } }',
  )
  assert.equal(data.twinningDevice.twinnings.totalCount, 0)
})

test('one without the right gets FORBIDDEN, a document that is wrong its code, and neither ends the socket', async (t) => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway, { params: { authorization: await bearer(gateway) } })
  const errorsOf = async (query: string, variables: Record<string, unknown>) => {
    const outcome: unknown = await client
      .iterate({ query, variables })
      .next()
      .then(({ value }) => (value as Result).errors)
      .catch((errors: unknown) => errors)
    return (outcome as { extensions?: { code?: string } }[]).map(({ extensions }) => extensions?.code)
  }

  assert.deepEqual(await errorsOf(changed, { device: phone }), ['FORBIDDEN'])
  assert.deepEqual(await errorsOf('subscription { nope }', {}), ['GRAPHQL_VALIDATION_FAILED'])
  assert.deepEqual(await errorsOf(changed, { device: 'nonsense' }), ['BAD_USER_INPUT'])
})

test('a client that wants no more of a subscription leaves nothing behind, and keeps its others', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const client = await connect(t, gateway, { params: { authorization: `Bearer ${token}` } })
  const kept = await subscribe(client)
  const dropped = await subscribe(client)

  await dropped.stop()
  await gateway.query(token, request)

  assert.equal((await kept.next())?.data?.twinningChanged?.kind, 'CREATED')
  assert.equal(await dropped.next(), undefined)
})

test('subscriptions on one socket do not take events or warnings from each other', async (t) => {
  const gateway = await startGateway(t)
  const portal = await connect(t, gateway, { params: { authorization: await bearer(gateway, 'twinning:read:any') } }) // prettier-ignore
  const ofWatch = await subscribe(portal, changed, { device: watch })
  const ofPhone = await subscribe(portal, changed, { device: phone })

  await gateway.query(await gateway.token(own, watch), request)
  await gateway.query(await gateway.token(own, phone), request)

  assert.equal((await ofWatch.next())?.data?.twinningChanged?.kind, 'CREATED')
  assert.equal((await ofPhone.next())?.data?.twinningChanged?.kind, 'CREATED')
})

test('an instance that stops closes its sockets with 1012, and the client goes on at the next', async (t) => {
  const redis = await startRedis(t)
  const first = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  const second = await first.another()
  const authorization = await bearer(first)
  let turn = 0
  const codes: number[] = []
  const connected = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const client = createClient({
    url: () => endpoint(turn === 0 ? first : second),
    webSocketImpl: WebSocket,
    retryWait: () => Promise.resolve(),
    connectionParams: { authorization },
    on: {
      connected: () => connected[turn++]?.resolve(undefined),
      closed: (event) => codes.push((event as CloseEvent).code),
    },
  })
  t.after(() => client.dispose())
  const events = client.iterate({ query: changed })
  const event = events.next()
  await connected[0]?.promise

  await first.close()
  await connected[1]?.promise
  // Its subscription follows its connection.
  await new Promise((resolve) => setTimeout(resolve, 100))
  await second.query(await second.token(own, watch), request)

  assert.deepEqual(codes, [1012])
  assert.equal(((await event).value as Result).data?.twinningChanged?.kind, 'CREATED')
})

test('a socket elsewhere than at /graphql is answered with 404', async (t) => {
  const gateway = await startGateway(t)
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/elsewhere`, 'graphql-transport-ws')

  const [error] = (await once(socket, 'error')) as [Error]

  assert.match(error.message, /404/)
})

for (const [what, message, code] of [
  ['is no JSON', '{', 4400],
  ['subscribes before it has connected', JSON.stringify({ id: '1', type: 'subscribe', payload: { query: changed } }), 4401], // prettier-ignore
  ['is longer than a megabyte', JSON.stringify({ type: 'connection_init', payload: { x: 'x'.repeat(2 ** 20) } }), 1009], // prettier-ignore
] as const)
  test(`a message that ${what} closes its socket with ${code}, and harms nobody else`, async (t) => {
    const gateway = await startGateway(t)
    const socket = new WebSocket(endpoint(gateway), 'graphql-transport-ws')
    await once(socket, 'open')

    socket.send(message)
    const [closed] = (await once(socket, 'close')) as [number]

    assert.equal(closed, code)
    await connect(t, gateway, { params: { authorization: await bearer(gateway) } })
  })

test('5,000 refused subscriptions on one socket leave nothing behind', async (t) => {
  const gateway = await startGateway(t)
  const socket = new WebSocket(endpoint(gateway), 'graphql-transport-ws', {
    headers: { authorization: await bearer(gateway) },
  })
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  let answered = 0
  socket.on('message', () => (answered += 1))
  const refuse = async (count: number) => {
    const wanted = answered + count
    for (let i = 0; i < count; i++)
      socket.send(
        JSON.stringify({
          id: `${wanted}-${i}`,
          type: 'subscribe',
          payload: { query: 'subscription { nope }' },
        }),
      )
    await until('all are answered', () => answered >= wanted, 60_000)
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await refuse(500)

  const after = await refuse(5000)

  // A context of its own for each would be some 20 MB.
  assert.ok(after - before < 12 * 2 ** 20, `${Math.round((after - before) / 2 ** 20)} MiB`)
  socket.close()
})

for (const path of ['//', '/elsewhere', '/%', '/graphql/'])
  test(`upgrades of ${path}, some of them reset, leave the gateway serving`, async (t) => {
    const { url } = await startGateway(t)
    const { hostname, port } = new URL(url)
    for (let i = 0; i < 50; i++) {
      const socket = connectTcp(Number(port), hostname)
      await once(socket, 'connect')
      socket.on('error', () => undefined)
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`)
      if (i % 2 === 0) socket.resetAndDestroy()
      else socket.destroy()
    }

    assert.equal((await fetch(`${url}/health/live`)).status, 200)
  })

test('who sends pings and reads no answer is cut off', async (t) => {
  const gateway = await startGateway(t)
  const socket = new WebSocket(endpoint(gateway), 'graphql-transport-ws')
  t.after(() => socket.terminate())
  await once(socket, 'open')
  socket.pause()
  const closed = once(socket, 'close')
  socket.on('error', () => undefined)
  const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(60_000) } })

  for (let i = 0; i < 2000 && socket.readyState === socket.OPEN; i++) {
    socket.send(ping, () => undefined)
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await new Promise((resolve) => setTimeout(resolve, 200))
  socket.resume()

  await closed
})

test('an id may be used again as soon as its subscription was completed by the client', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const socket = new WebSocket(endpoint(gateway), 'graphql-transport-ws', {
    headers: { authorization: `Bearer ${token}` },
  })
  t.after(() => socket.terminate())
  const messages: { type: string; id?: string }[] = []
  socket.on('message', (data: Buffer) =>
    messages.push(JSON.parse(data.toString()) as { type: string; id?: string }),
  )
  await once(socket, 'open')
  const say = (message: object) => socket.send(JSON.stringify(message))
  say({ type: 'connection_init' })
  await until('it is acknowledged', () => messages.length === 1)

  for (let i = 0; i < 5; i++) {
    say({ id: '1', type: 'subscribe', payload: { query: changed } })
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (i < 4) say({ id: '1', type: 'complete' })
  }
  await gateway.query(token, request)
  await until('it is heard', () => messages.some(({ type }) => type === 'next'))

  assert.deepEqual(
    messages.map(({ type }) => type).filter((type) => type === 'error'),
    [],
  )
})

test('@skip on the root field is refused, and the socket and its other subscriptions stay', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const client = await connect(t, gateway, { params: { authorization: `Bearer ${token}` } })
  const kept = await subscribe(client)

  const skipped = client
    .iterate({
      query: 'subscription ($s: Boolean!) { twinningChanged @skip(if: $s) { kind } }',
      variables: { s: true },
    })
    .next()
  await assert.rejects(skipped, (errors: Result['errors']) => /@skip/.test(errors?.[0]?.message ?? ''))
  await gateway.query(token, request)

  assert.equal((await kept.next())?.data?.twinningChanged?.kind, 'CREATED')
})

test('a peer that ignores that it is told to close does not keep an instance from stopping', async (t) => {
  const gateway = await startGateway(t)
  const { hostname, port } = new URL(gateway.url)
  const socket = connectTcp(Number(port), hostname)
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(
    'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
  )
  await once(socket, 'data')
  const started = performance.now()

  await gateway.close()

  assert.ok(performance.now() - started < 3000)
})
