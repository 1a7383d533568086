import assert from 'node:assert/strict'
import { subscribe as hearOf, unsubscribe as hearNoMore } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import { createSandbox } from '../../src/sandbox/world.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const changed = `subscription ($device: DeviceAddress) {
  twinningChanged(deviceAddress: $device) {
    kind
    twinningId
    twinning { name twinningStatus ... on SecondaryTwinning { voicemailAccess { address } } }
  }
}`
const request =
  'mutation { requestTwinning(input: {name: "myWatch"}) { twinning { id activationCode } userErrors { message } } }'
const own = 'twinning:read twinning:write twinning:voicemail'

type Result = { data?: Record<string, unknown> | null; errors?: { message: string; extensions: object }[] }

/** Subscribes with the client that people use; resolves once the stream is open. */
async function subscribe(
  t: TestContext,
  { url }: Gateway,
  token: string,
  { query = changed, variables = {} }: { query?: string; variables?: Record<string, unknown> } = {},
) {
  const opened = Promise.withResolvers<undefined>()
  const client = createClient({
    url: `${url}/graphql/stream`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    fetchFn: async (target: string, init: RequestInit) => {
      const response = await fetch(target, init)
      opened.resolve(undefined)
      return response
    },
  })
  t.after(() => client.dispose())
  const results = client.iterate({ query, variables }) as AsyncIterableIterator<Result>
  const first = results.next()
  await opened.promise
  let waiting: Promise<IteratorResult<Result>> | undefined = first
  return {
    /** The next result; `undefined` when the stream has completed. */
    next: async (): Promise<Result | undefined> => {
      const { value, done } = await (waiting ?? results.next())
      waiting = undefined
      return done ? undefined : value
    },
    dispose: () => client.dispose(),
  }
}

function stream(
  { url }: Gateway,
  {
    token,
    accept = 'text/event-stream',
    query = changed,
    signal,
  }: { token?: string; accept?: string; query?: string; signal?: AbortSignal },
): Promise<Response> {
  return fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query }),
    signal: signal ?? null,
  })
}

/** The operator of the watch tells that one of its twinnings has changed. */
async function notify({ url, sandbox }: Gateway, id: string): Promise<void> {
  const href = `${sandbox.operators.beta.serverRoot}/twinning/v1/${encodeURIComponent(watch)}/twinnings/${id}`
  const { status } = await fetch(`${url}/notifications/beta`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({ twinningNotification: { link: [{ rel: 'Twinning', href }] } }),
  })
  assert.equal(status, 204)
}

/** Both operators tell the gateway what has changed, as they do behind `npm start`. */
function announce({ sandbox, url }: Gateway): void {
  for (const operator of Object.values(sandbox.operators))
    operator.notifyTo({ url: `${url}/notifications/${operator.id}`, secret: 'notify-secret' })
}

test('a device watches its twinning being made, renamed and deleted', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const { next } = await subscribe(t, gateway, token)

  const made = await gateway.query(token, request)
  const { id } = made.data.requestTwinning.twinning as { id: string }
  const created = await next()
  await gateway.query(
    token,
    'mutation ($id: ID!) { renameTwinning(input: {id: $id, name: "b"}) { userErrors { code } } }',
    { id },
  )
  const renamed = await next()
  await gateway.query(
    token,
    'mutation ($id: ID!) { deleteTwinning(input: {id: $id}) { userErrors { code } } }',
    { id },
  )
  const deleted = await next()

  const pending = { twinningStatus: 'PENDING', voicemailAccess: null }
  assert.deepEqual(
    [created, renamed, deleted].map((result) => result?.data?.twinningChanged),
    [
      { kind: 'CREATED', twinningId: id, twinning: { name: 'myWatch', ...pending } },
      { kind: 'UPDATED', twinningId: id, twinning: { name: 'b', ...pending } },
      { kind: 'DELETED', twinningId: id, twinning: null },
    ],
  )
})

test('a watch hears that it is ON, and where the voice mail is, when the phone has activated it', async (t) => {
  const gateway = await startGateway(t)
  announce(gateway)
  const asWatch = await gateway.token(own, watch)
  const made = await gateway.query(asWatch, request)
  const { id, activationCode } = made.data.requestTwinning.twinning as { id: string; activationCode: string }
  await gateway.sandbox.operators.beta.notificationsSettled()
  const { next } = await subscribe(t, gateway, asWatch)

  await gateway.query(
    await gateway.token(own, phone),
    'mutation ($code: String!) { activateTwinning(input: {activationCode: $code}) { userErrors { code } } }',
    { code: activationCode },
  )

  // The operator may tell of it in several steps: the last is the one that counts.
  let change = await next()
  while (
    (change?.data?.twinningChanged as { twinning: { twinningStatus: string } }).twinning.twinningStatus !==
    'ON'
  )
    change = await next()
  assert.deepEqual(change, {
    data: {
      twinningChanged: {
        kind: 'UPDATED',
        twinningId: id,
        twinning: { name: 'myWatch', twinningStatus: 'ON', voicemailAccess: { address: 'tel:+15550999' } },
      },
    },
  })
})

test('a change through one instance is heard on another, which then reads nothing old', async (t) => {
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  const two = await one.another()
  const token = await one.token(own, watch)
  one.sandbox.operators.beta.seed({ ownAddress: watch, id: 'tw1', name: 'old' })
  const list = await two.query(token, '{ twinningDevice { twinnings { nodes { id } } } }')
  const { id } = list.data.twinningDevice.twinnings.nodes[0] as { id: string }
  const { next } = await subscribe(t, two, token)

  await one.query(
    token,
    'mutation ($id: ID!) { renameTwinning(input: {id: $id, name: "new"}) { userErrors { code } } }',
    { id },
  )

  assert.deepEqual((await next())?.data?.twinningChanged, {
    kind: 'UPDATED',
    twinningId: id,
    twinning: { name: 'new', twinningStatus: 'ON', voicemailAccess: null },
  })
})

test('each subscriber hears of its own device only', async (t) => {
  const gateway = await startGateway(t)
  const asWatch = await subscribe(t, gateway, await gateway.token(own, watch))
  const other = 'tel:+15560102'
  await gateway.query(await gateway.token(own, other), request)
  const mine = await gateway.query(await gateway.token(own, watch), request)

  const first = await asWatch.next()

  const { id } = mine.data.requestTwinning.twinning as { id: string }
  assert.equal((first?.data?.twinningChanged as { twinningId: string }).twinningId, id)
})

test('a portal may watch any device; one without the right gets FORBIDDEN', async (t) => {
  const gateway = await startGateway(t)
  const portal = await subscribe(t, gateway, await gateway.token('twinning:read:any'), {
    variables: { device: watch },
  })
  const foreign = await subscribe(t, gateway, await gateway.token(own, phone), {
    variables: { device: watch },
  })
  await gateway.query(await gateway.token(own, watch), request)

  const seen = await portal.next()
  const refused = await foreign.next()

  assert.equal((seen?.data?.twinningChanged as { kind: string }).kind, 'CREATED')
  assert.deepEqual(
    refused?.errors?.map(({ message, extensions }) => ({ message, extensions })),
    [
      {
        message: "the access token does not allow reading this device's twinnings",
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  )
  assert.equal(await foreign.next(), undefined)
})

test('a field without its right is null with FORBIDDEN in an event too', async (t) => {
  const gateway = await startGateway(t)
  const { next } = await subscribe(t, gateway, await gateway.token('twinning:read', watch))
  await gateway.query(await gateway.token(own, watch), request)

  const change = await next()

  assert.deepEqual(
    change?.errors?.map((error) => ({ ...error, locations: undefined })),
    [
      {
        message: 'the access token lacks the scope twinning:voicemail',
        path: ['twinningChanged', 'twinning', 'voicemailAccess'],
        locations: undefined,
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  )
})

for (const accept of ['text/event-stream', 'text/event-stream, application/json;q=0.5'])
  test(`a stream that is asked for with Accept: ${accept} is one of server-sent events`, async (t) => {
    const gateway = await startGateway(t)

    const response = await stream(gateway, { token: await gateway.token(own, watch), accept })

    assert.deepEqual(
      [response.status, response.headers.get('content-type'), response.headers.get('cache-control')],
      [200, 'text/event-stream; charset=utf-8', 'no-cache'],
    )
    await response.body?.cancel()
  })

test('a stream can be had by GET', async (t) => {
  const gateway = await startGateway(t)

  const response = await fetch(`${gateway.url}/graphql/stream?query=${encodeURIComponent(changed)}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${await gateway.token(own, watch)}` },
  })

  assert.equal(response.status, 200)
  await response.body?.cancel()
})

test('without a token there is no stream', async (t) => {
  const gateway = await startGateway(t)

  const response = await stream(gateway, {})

  assert.equal(response.headers.get('www-authenticate'), 'Bearer')
  const { errors } = (await response.json()) as { errors: { extensions: object }[] }
  assert.deepEqual([response.status, errors[0]?.extensions], [401, { code: 'UNAUTHENTICATED' }])
})

for (const { what, query } of [
  { what: 'a query', query: '{ __typename }' },
  { what: 'a mutation', query: request },
  { what: 'introspection', query: '{ __schema { types { name } } }' },
])
  test(`${what} is refused on the stream`, async (t) => {
    const gateway = await startGateway(t)

    const response = await stream(gateway, { token: await gateway.token(own, watch), query })

    assert.deepEqual(
      [response.status, await response.json()],
      [
        400,
        { errors: [{ message: 'only subscriptions are taken here: send the rest to /graphql over HTTP' }] },
      ],
    )
    assert.deepEqual(gateway.sandbox.operators.beta.requests(), [])
  })

test('a subscription is refused on /graphql, with a word on where it goes', async (t) => {
  const gateway = await startGateway(t)

  const { status, errors } = await gateway.query(await gateway.token(own, watch), changed)

  assert.deepEqual(
    [status, errors[0]?.message, errors[0]?.extensions],
    [
      400,
      'a subscription is served as a stream: send it to /graphql/stream with Accept: text/event-stream',
      { code: 'BAD_REQUEST' },
    ],
  )
})

test('a stream that is asked for as JSON is refused with 406', async (t) => {
  const gateway = await startGateway(t)

  const response = await stream(gateway, {
    token: await gateway.token(own, watch),
    accept: 'application/json',
  })

  assert.deepEqual(
    [response.status, await response.json()],
    [406, { errors: [{ message: 'ask for it with Accept: text/event-stream' }] }],
  )
})

for (const [explorer, hint] of [
  ['on', ' Did you mean "twinningChanged"?'],
  ['off', ''],
] as const)
  test(`with the explorer ${explorer} a stream with a misspelt field is ${hint ? 'told' : 'not told'} of the schema`, async (t) => {
    const gateway = await startGateway(t, { environment: { EXPLORER: explorer } })
    const query = 'subscription { twinningChange { kind } }'

    const { next } = await subscribe(t, gateway, await gateway.token(own, watch), { query })

    assert.deepEqual(
      (await next())?.errors?.map(({ message }) => message),
      [`Cannot query field "twinningChange" on type "Subscription".${hint}`],
    )
    assert.equal(await next(), undefined)
  })

for (const [what, device] of [
  ['of the wrong type', 7],
  ['that are no address', 'nobody'],
] as const)
  test(`variables ${what} are BAD_USER_INPUT on a stream`, async (t) => {
    const gateway = await startGateway(t)
    const { next } = await subscribe(t, gateway, await gateway.token(own, watch), { variables: { device } })

    const [error, ...more] = (await next())?.errors ?? []

    assert.match(error?.message ?? '', /^Variable "\$device" got invalid value/)
    assert.deepEqual([error?.extensions, more], [{ code: 'BAD_USER_INPUT' }, []])
  })

test('what is no GraphQL is refused on the stream', async (t) => {
  const gateway = await startGateway(t)

  const response = await stream(gateway, { token: await gateway.token(own, watch), query: '{' })

  assert.deepEqual(
    [response.status, await response.json()],
    [400, { errors: [{ message: 'Syntax Error: Expected Name, found <EOF>.' }] }],
  )
})

test('a twinning that an operator says has changed, and that is not there, is DELETED', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const { id } = (await gateway.query(token, request)).data.requestTwinning.twinning as { id: string }
  const { beta } = gateway.sandbox.operators
  const { next } = await subscribe(t, gateway, token)
  const [twinning] = beta.twinnings(watch)
  announce(gateway)

  await fetch(twinning!.resourceURL, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${gateway.sandbox.accessToken}` },
  })

  assert.deepEqual((await next())?.data?.twinningChanged, { kind: 'DELETED', twinningId: id, twinning: null })
})

test('a stream ends when its token expires, and says why', async (t) => {
  const gateway = await startGateway(t)
  const exp = Math.floor(Date.now() / 1000) + 2
  const token = await gateway.token(own, watch, { exp })

  const response = await stream(gateway, { token })
  const text = await response.text()

  const lateMs = Date.now() - exp * 1000
  assert.ok(lateMs >= -20 && lateMs < 1000, `ended ${lateMs} ms after its token`)
  assert.equal(
    text,
    ':\n\nevent: next\ndata: {"errors":[{"message":"the access token has expired","extensions":{"code":"UNAUTHENTICATED"}}]}\n\nevent: complete\ndata: \n\n',
  )
  assert.equal((await stream(gateway, { token })).status, 401)
})

test('an operator that does not answer after a change leaves the stream open', async (t) => {
  const gateway = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '200' } })
  const { beta } = gateway.sandbox.operators
  const token = await gateway.token(own, watch)
  const { next } = await subscribe(t, gateway, token)
  beta.faults.add({ match: { method: 'GET' }, status: 503, times: 3 })

  await gateway.query(token, request)
  const failed = await next()
  beta.faults.clear()
  await gateway.query(token, request)
  const after = await next()

  const change = failed?.data?.twinningChanged as { kind: string; twinning: null }
  assert.deepEqual([change.kind, change.twinning], ['CREATED', null])
  assert.deepEqual(
    failed?.errors?.map(({ extensions }) => extensions),
    [{ code: 'UPSTREAM_UNAVAILABLE' }],
  )
  assert.equal((after?.data?.twinningChanged as { kind: string }).kind, 'CREATED')
})

test('who asks for no twinning is not concerned when it can not be read', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  const { next } = await subscribe(t, gateway, token, { query: 'subscription { twinningChanged { kind } }' })
  gateway.sandbox.operators.beta.faults.add({ match: { method: 'GET' }, status: 503, times: 3 })

  await gateway.query(token, request)

  assert.deepEqual(await next(), { data: { twinningChanged: { kind: 'CREATED' } } })
})

test('a gateway that closes ends its streams', async (t) => {
  const gateway = await startGateway(t)
  const response = await stream(gateway, { token: await gateway.token(own, watch) })
  const started = performance.now()

  await gateway.close()

  assert.equal(await response.text(), ':\n\n')
  assert.ok(performance.now() - started < 2000)
})

test('each event tells what it lacks, and not again what an earlier one lacked', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token(own, watch)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, otherDevice: { address: 'nonsense' } })
  const query = 'subscription { twinningChanged { twinning { ownDevice { twinnings { totalCount } } } } }'
  const { next } = await subscribe(t, gateway, token, { query })

  await gateway.query(token, request)
  const first = await next()
  await gateway.query(token, request)
  const second = await next()

  const warnings = [
    {
      code: 'UPSTREAM_INVALID_RESPONSE',
      message:
        'twinningList.twinning[0].otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got another string',
      path: ['twinningChanged', 'twinning', 'ownDevice', 'twinnings'],
    },
  ]
  const event = (totalCount: number) => ({
    data: { twinningChanged: { twinning: { ownDevice: { twinnings: { totalCount } } } } },
    extensions: { warnings },
  })
  assert.deepEqual([first, second], [event(1), event(2)])
})

test('clients that leave while their tokens are verified leave nothing behind', async (t) => {
  const sandbox = await createSandbox({ seed: false })
  t.after(sandbox.close)
  const keys = await slowKeys(t, new URL(sandbox.issuer.jwksUrl))
  const gateway = await startGateway(t, { sandbox, config: (config) => ({ ...config, jwksUrl: keys.url }) })
  const hour = 3600_000
  const token = await gateway.token(own, watch, { exp: Math.floor((Date.now() + 3 * hour) / 1000) })
  const responses = streamResponses(t)
  const timers = t.mock.method(globalThis, 'setTimeout')
  const leave = new AbortController()

  const left = Array.from({ length: 20 }, () =>
    assert.rejects(stream(gateway, { token, signal: leave.signal })),
  )
  await until('all have arrived', () => responses.length === 20)
  const closed = responses.map((response) => once(response, 'close'))
  await keys.asked
  leave.abort()
  await Promise.all([...left, ...closed])
  keys.release()
  const staying = await stream(gateway, { token })

  assert.equal(staying.status, 200)
  const expiries = timers.mock.calls.filter(({ arguments: [, ms = 0] }) => ms > 2 * hour)
  assert.equal(expiries.length, 1)
  await staying.body?.cancel()
})

test('a reader that goes just as it is told of a change is nobody’s mistake', async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const token = await gateway.token(own, watch)
  const mistakes: unknown[] = []
  t.after(listen('error.unexpected', ({ error }) => mistakes.push(error)))
  const body = JSON.stringify({ query: changed })
  const head = [
    'POST /graphql/stream HTTP/1.1',
    'host: gateway',
    'content-type: application/json',
    'accept: text/event-stream',
    `authorization: Bearer ${token}`,
    `content-length: ${body.length}`,
  ]
  const port = Number(new URL(gateway.url).port)

  for (let round = 0; round < 5; round++) {
    const readers = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'))
    await Promise.all(
      readers.map(async (reader) => {
        reader.write([...head, '', body].join('\r\n'))
        await once(reader, 'data')
      }),
    )
    const told = notify(gateway, 's1')
    // Some before it, some after, and some in between.
    for (const reader of readers) {
      await turn()
      reader.resetAndDestroy()
    }
    await told
  }

  assert.equal((await fetch(`${gateway.url}/health/live`)).status, 200)
  assert.deepEqual(mistakes, [])
})

/** A stand-in for the issuer's key set that answers only once it is let. */
async function slowKeys(t: TestContext, keysUrl: URL) {
  const asked = Promise.withResolvers<undefined>()
  const released = Promise.withResolvers<undefined>()
  const server = createServer((_, response) => {
    asked.resolve(undefined)
    void released.promise
      .then(() => fetch(keysUrl))
      .then((keys) => keys.text())
      .then((text) => response.setHeader('content-type', 'application/json').end(text))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    asked: asked.promise,
    release: () => released.resolve(undefined),
  }
}

/** The responses that servers of this process begin from now on to requests for a stream. */
function streamResponses(t: TestContext): ServerResponse[] {
  const found: ServerResponse[] = []
  const note = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    if (request.url === '/graphql/stream') found.push(response)
  }
  hearOf('http.server.request.start', note)
  t.after(() => hearNoMore('http.server.request.start', note))
  return found
}

test('for a reader that is slow, changes of one twinning become one', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  // Long, so that what one reader does not take fills what is between it and us.
  const name = (i: number) => `${String(i).padStart(4, '0')} ${'x'.repeat(20_000)}`
  beta.seed({ ownAddress: watch, id: 's1', name: name(0) })
  const { promise: response, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = httpRequest(`${gateway.url}/graphql/stream`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${await gateway.token(own, watch)}`,
    },
  })
  asked.once('response', resolve).once('error', reject)
  asked.end(JSON.stringify({ query: changed }))
  const reading = await response
  reading.setEncoding('utf8')
  t.after(() => reading.destroy())

  for (let i = 1; i <= 1000; i++) {
    beta.seed({ ownAddress: watch, id: 's1', name: name(i) })
    await notify(gateway, 's1')
  }
  let text = ''
  reading.on('data', (more: string) => (text += more))
  await until('the last is read', () => text.includes('"1000 '), 20_000)

  const events = text.match(/event: next/g)?.length ?? 0
  assert.ok(events < 900, `${events} events`)
})

for (const body of ['null', '7', '"x"'])
  test(`${body} is no request for a stream`, async (t) => {
    const gateway = await startGateway(t)

    const response = await fetch(`${gateway.url}/graphql/stream`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${await gateway.token(own, watch)}`,
      },
      body,
      signal: AbortSignal.timeout(3000),
    })

    assert.equal(response.status, 400)
  })

test('a twinning that an operator has made, and tells of, is CREATED', async (t) => {
  const gateway = await startGateway(t)
  const { next } = await subscribe(t, gateway, await gateway.token(own, watch))
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'new' })

  await notify(gateway, 's1')

  const { kind } = (await next())?.data?.twinningChanged as { kind: string }
  assert.equal(kind, 'CREATED')
})
