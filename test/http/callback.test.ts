// Apollo's HTTP callback protocol against a receiver as strict as the strictest router: the header on every message, the
// verifier, one message at a time, and a sign of life before the interval is over, counted from the last message of any kind.
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startServer } from '../support/operator.ts'
import { until } from '../support/until.ts'

type Message = {
  kind: string
  action: 'check' | 'next' | 'complete'
  id: string
  verifier: string
  payload?: { data?: { twinningChanged?: Record<string, unknown> } | null; errors?: unknown[] }
  errors?: { message: string; extensions?: object }[]
}

const changed = 'subscription ($device: DeviceAddress) { twinningChanged(deviceAddress: $device) { kind twinning { name } } }' // prettier-ignore
const request = 'mutation { requestTwinning(input: {name: "myWatch"}) { twinning { id } } }'
const own = 'twinning:read twinning:write'

async function startReceiver(
  t: TestContext,
  { answer = () => 204, intervalMs = 0 }: { answer?: (message: Message) => number | Promise<number>; intervalMs?: number } = {}, // prettier-ignore
) {
  const messages: Message[] = []
  const faults: string[] = []
  let underWay = 0
  let lastAt: number | undefined
  let ended = false
  const check = (headers: IncomingMessage['headers'], message: Message) => {
    const fault = (what: string) => faults.push(`${message.action}: ${what}`)
    if (headers['subscription-protocol'] !== 'callback/1.0') fault('lacks the header subscription-protocol')
    if (headers['content-type'] !== 'application/json') fault('is not application/json')
    if (message.kind !== 'subscription') fault('is of another kind')
    if (message.id !== 'sub-1' || message.verifier !== 'secret') fault('is of another subscription')
    if (ended) fault('came after complete')
    if (underWay > 0) fault('came before the one before it was answered')
    if (intervalMs > 0 && lastAt !== undefined && performance.now() - lastAt >= intervalMs)
      fault('came too late')
    if (message.action === 'complete') ended = true
  }
  const server = await startServer(t, (incoming, response) => {
    void (async () => {
      const message = JSON.parse(await text(incoming)) as Message
      check(incoming.headers, message)
      messages.push(message)
      underWay += 1
      response.statusCode = await answer(message)
      underWay -= 1
      lastAt = performance.now()
      response.setHeader('subscription-protocol', 'callback/1.0')
      response.end()
    })()
  })
  return {
    url: `${server.url}/callback/sub-1`,
    allowed: `${server.url}/callback`,
    messages,
    faults,
    of: (action: Message['action']) => messages.filter((message) => message.action === action),
  }
}

type Receiver = Awaited<ReturnType<typeof startReceiver>>

async function ask(
  { url }: Gateway,
  token: string | undefined,
  receiver: Pick<Receiver, 'url'>,
  { query = changed, variables = {}, heartbeatIntervalMs = 0 }: { query?: string; variables?: object; heartbeatIntervalMs?: number } = {}, // prettier-ignore
) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json;callbackSpec=1.0',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      query,
      variables,
      extensions: {
        subscription: {
          callbackUrl: receiver.url,
          subscriptionId: 'sub-1',
          verifier: 'secret',
          heartbeatIntervalMs,
        },
      },
    }),
  })
  return {
    status: response.status,
    protocol: response.headers.get('subscription-protocol'),
    body: (await response.json()) as {
      data?: unknown
      errors?: { message: string; extensions: { code: string } }[]
    },
  }
}

test('a router is checked, told that it has its subscription, and sent each event', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)

  const asked = await ask(gateway, token, receiver)
  await gateway.query(token, request)
  await until('the event has arrived', () => receiver.of('next').length === 1)

  assert.deepEqual(asked, { status: 200, protocol: 'callback/1.0', body: { data: null } })
  assert.deepEqual(
    receiver.messages.map(({ action }) => action),
    ['check', 'next'],
  )
  assert.deepEqual(receiver.of('next')[0]?.payload, {
    data: { twinningChanged: { kind: 'CREATED', twinning: { name: 'myWatch' } } },
  })
  assert.deepEqual(receiver.faults, [])
})

test('each event is read anew: the second does not repeat the first', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)
  await ask(gateway, token, receiver)

  const { data } = await gateway.query(token, request)
  await until('the first has arrived', () => receiver.of('next').length === 1)
  await gateway.query(token, 'mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "other" }) { userErrors { code } } }', { id: data.requestTwinning.twinning.id }) // prettier-ignore
  await until('the second has arrived', () => receiver.of('next').length === 2)

  assert.deepEqual(
    receiver.of('next').map(({ payload }) => payload?.data?.twinningChanged),
    [
      { kind: 'CREATED', twinning: { name: 'myWatch' } },
      { kind: 'UPDATED', twinning: { name: 'other' } },
    ],
  )
})

test('an idle subscription gives signs of life well before each interval is over, and events count as such', async (t) => {
  const intervalMs = 600
  const receiver = await startReceiver(t, { intervalMs })
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)

  await ask(gateway, token, receiver, { heartbeatIntervalMs: intervalMs })
  await until('four signs have arrived', () => receiver.of('check').length >= 4)
  await gateway.query(token, request)
  await until('it goes on after an event', () => receiver.messages.findLastIndex((m) => m.action === 'check') > receiver.messages.findIndex((m) => m.action === 'next') && receiver.of('next').length === 1) // prettier-ignore

  assert.deepEqual(receiver.faults, [])
})

test('an interval longer than any timer waits is not beaten at once', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })

  await ask(gateway, await gateway.token(own, watch), receiver, { heartbeatIntervalMs: 1e15 })
  await new Promise((resolve) => setTimeout(resolve, 300))

  assert.equal(receiver.of('check').length, 1)
})

for (const status of [404, 400])
  test(`a router that answers ${status} gets no more`, async (t) => {
    const receiver = await startReceiver(t, { answer: ({ action }) => (action === 'next' ? status : 204) })
    const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
    const token = await gateway.token(own, watch)
    await ask(gateway, token, receiver, { heartbeatIntervalMs: 200 })

    await gateway.query(token, request)
    await until('it was told', () => receiver.of('next').length === 1)
    const told = receiver.messages.length
    await gateway.query(token, request)
    await new Promise((resolve) => setTimeout(resolve, 500))

    assert.equal(receiver.messages.length, told)
  })

test('what a router could not take is sent again, in order', async (t) => {
  let failures = 2
  const receiver = await startReceiver(t, {
    answer: ({ action }) => (action === 'next' && failures-- > 0 ? 503 : 204),
  })
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)
  await ask(gateway, token, receiver)

  await gateway.query(token, request)
  await until('it was told three times', () => receiver.of('next').length === 3)

  const [first, ...again] = receiver.of('next')
  assert.deepEqual(again, [first, first])
  assert.deepEqual(receiver.faults, [])
})

test('for a router that is slow, changes of one twinning become one', async (t) => {
  const release = Promise.withResolvers<undefined>()
  const receiver = await startReceiver(t, {
    answer: async ({ action }) => {
      if (action === 'next') await release.promise
      return 204
    },
  })
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)
  await ask(gateway, token, receiver)
  const { data } = await gateway.query(token, request)
  const rename = (name: string) => gateway.query(token, 'mutation ($id: ID!, $name: String!) { renameTwinning(input: { id: $id, name: $name }) { userErrors { code } } }', { id: data.requestTwinning.twinning.id, name }) // prettier-ignore
  await until('it has the first', () => receiver.of('next').length === 1)

  for (const name of ['a', 'b', 'c', 'd']) await rename(name)
  release.resolve(undefined)
  await until(
    'it has the last',
    () => receiver.of('next').at(-1)?.payload?.data?.twinningChanged?.kind === 'UPDATED',
  )

  assert.deepEqual(receiver.of('next').at(-1)?.payload?.data?.twinningChanged, { kind: 'UPDATED', twinning: { name: 'd' } }) // prettier-ignore
  assert.ok(receiver.of('next').length <= 3)
  assert.deepEqual(receiver.faults, [])
})

test('a token that expires completes the subscription, and says why', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const exp = Math.floor(Date.now() / 1000) + 2

  await ask(gateway, await gateway.token(own, watch, { exp }), receiver)
  await until('it is complete', () => receiver.of('complete').length === 1)

  assert.deepEqual(receiver.of('complete')[0]?.errors, [
    { message: 'the access token has expired', extensions: { code: 'UNAUTHENTICATED' } },
  ])
  assert.deepEqual(receiver.faults, [])
})

test('an instance that stops completes its subscriptions, and tells to subscribe again', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  await ask(gateway, await gateway.token(own, watch), receiver)

  await gateway.close()

  assert.deepEqual(receiver.of('complete')[0]?.errors, [
    { message: 'this instance stops: subscribe again', extensions: { code: 'SUBSCRIPTION_ENDED' } },
  ])
})

test('a router that is gone does not keep an instance from stopping', async (t) => {
  const receiver = await startReceiver(t, { answer: ({ action }) => action === 'complete' ? new Promise<number>(() => undefined) : 204 }) // prettier-ignore
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  await ask(gateway, await gateway.token(own, watch), receiver)
  const started = performance.now()

  await gateway.close()

  assert.ok(performance.now() - started < 3000)
})

test('without CALLBACK_URLS nothing is sent anywhere', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t)

  const { status, body } = await ask(gateway, await gateway.token(own, watch), receiver)

  assert.equal(status, 400)
  assert.deepEqual(body.errors, [
    { message: 'subscriptions by callback are not offered here', extensions: { code: 'BAD_REQUEST' } },
  ])
  assert.deepEqual(receiver.messages, [])
})

for (const [what, urlOf] of [
  ['on another port', ({ url }: Receiver) => url.replace(/:\d+/, ':9')],
  ['beside the allowed path', ({ url }: Receiver) => url.replace('/callback/', '/callbacks/')],
  ['that climbs out of it', ({ url }: Receiver) => url.replace('/callback/', '/callback/../internal/')],
  ['with encoded dots', ({ url }: Receiver) => url.replace('/callback/', '/callback/%2e%2e/internal/')],
  ['of another scheme', () => 'file:///etc/passwd'],
  ['with credentials', ({ url }: Receiver) => url.replace('http://', 'http://user:pass@')],
  ['whose host only looks alike', ({ url }: Receiver) => url.replace('127.0.0.1', '127.0.0.1.nip.example')],
  ['that is none', () => 'nonsense'],
] as const)
  test(`a callback URL ${what} is refused, and nothing is sent there`, async (t) => {
    const receiver = await startReceiver(t)
    const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })

    const { status, body } = await ask(gateway, await gateway.token(own, watch), { url: urlOf(receiver) })

    assert.equal(status, 400)
    assert.deepEqual(body.errors?.map(({ message }) => message), ['the callback URL is none of those that are allowed here']) // prettier-ignore
    assert.deepEqual(receiver.messages, [])
  })

test('a query that names a callback URL is answered as any other, and nothing is sent', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })

  const { status, body } = await ask(gateway, await gateway.token(own, watch), receiver, { query: '{ twinningDevice { address } }' }) // prettier-ignore

  assert.deepEqual([status, body], [200, { data: { twinningDevice: { address: watch } } }])
  assert.deepEqual(receiver.messages, [])
})

test('who has no token, no right or no valid document gets that said, and nothing is sent', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)

  const nobody = await ask(gateway, undefined, receiver)
  const foreign = await ask(gateway, token, receiver, { variables: { device: phone } })
  const invalid = await ask(gateway, token, receiver, { query: 'subscription { nope }' })

  assert.deepEqual(
    [nobody, foreign, invalid].map(({ status, body }) => [status, body.errors?.[0]?.extensions.code]),
    [
      [401, 'UNAUTHENTICATED'],
      [200, 'FORBIDDEN'],
      [400, 'GRAPHQL_VALIDATION_FAILED'],
    ],
  )
  assert.deepEqual(receiver.messages, [])
})

test('a router that does not confirm its URL gets no subscription', async (t) => {
  const receiver = await startReceiver(t, { answer: () => 404 })
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: receiver.allowed } })
  const token = await gateway.token(own, watch)

  const { status } = await ask(gateway, token, receiver)
  await gateway.query(token, request)

  assert.equal(status, 400)
  assert.equal(receiver.messages.length, 1)
})
