// What a request may have too much of, attacked over every transport.
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'
import { getIntrospectionQuery } from 'graphql'
import { WebSocket } from 'ws'
import { startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { learnIds, seedMany } from '../support/twinnings.ts'

type Asked = { query: string; variables?: Record<string, unknown> }
type Refusal = { message: string; extensions: { code: string; limit?: object } }

const times = (count: number, part: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(' ')
const deep = (levels: number) =>
  `twinningDevice { ${'twinnings { nodes { ownDevice { '.repeat(levels)} address ${'} } }'.repeat(levels)} }`

/** Settings, what goes beyond them, and by how much. */
const attacks: Readonly<
  Record<string, { environment: Record<string, string>; asked: (operation: string) => Asked; limit: object }>
> = {
  tokens: {
    environment: { LIMIT_TOKENS: '50' },
    asked: (operation) => ({ query: `${operation} { twinningChanged { kind ${times(60, () => 'kind')} } }` }),
    limit: { name: 'tokens', actual: 67, max: 50 },
  },
  depth: {
    environment: { LIMIT_DEPTH: '5' },
    asked: (operation) => ({
      query: `${operation} { twinningChanged { twinning { ownDevice { twinnings { nodes { ...F } } } } } } fragment F on Twinning { id }`,
    }),
    limit: { name: 'depth', actual: 6, max: 5 },
  },
  aliases: {
    environment: { LIMIT_ALIASES: '3' },
    asked: (operation) => ({
      query: `${operation} { twinningChanged { ${times(4, (i) => `a${i}: kind`)} } }`,
    }),
    limit: { name: 'aliases', actual: 4, max: 3 },
  },
  'fields at the root': {
    environment: { LIMIT_ROOT_FIELDS: '1' },
    asked: (operation) => ({
      query: `${operation} { ...F ...F } fragment F on Subscription { twinningChanged { kind } ... { twinningChanged { kind } } }`,
    }),
    limit: { name: 'rootFields', actual: 2, max: 1 },
  },
  directives: {
    environment: { LIMIT_DIRECTIVES: '2' },
    asked: (operation) => ({
      query: `${operation} { twinningChanged { kind @skip(if: false) ... @include(if: true) { kind @skip(if: false) } } }`,
    }),
    limit: { name: 'directives', actual: 3, max: 2 },
  },
  'lists in variables': {
    environment: { LIMIT_LIST_LENGTH: '4' },
    asked: (operation) => ({
      query: `${operation} ($x: DeviceAddress) { twinningChanged(deviceAddress: $x) { kind } }`,
      variables: { y: [{ z: [1, 2, 3, 4, 5] }] },
    }),
    limit: { name: 'listLength', actual: 5, max: 4 },
  },
}

function post(
  { url }: Gateway,
  token: string,
  path: string,
  asked: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(asked),
  })
}

function get({ url }: Gateway, token: string, path: string, { query, variables }: Asked, accept: string) {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables ?? {}) })
  return fetch(`${url}${path}?${search.toString()}`, {
    headers: { authorization: `Bearer ${token}`, accept },
  })
}

const stream = 'text/event-stream'
const graphqlResponse = 'application/graphql-response+json'

/** The refusals of one request over each transport, and the HTTP statuses. */
async function overAll(t: TestContext, gateway: Gateway, token: string, asked: Asked) {
  const callback = { callbackUrl: 'http://localhost/', subscriptionId: 's', verifier: 'v' }
  const responses = {
    POST: await post(gateway, token, '/graphql', asked),
    'POST, newer media type': await post(gateway, token, '/graphql', asked, { accept: graphqlResponse }),
    GET: await get(gateway, token, '/graphql', asked, graphqlResponse),
    'POST, stream': await post(gateway, token, '/graphql/stream', asked, { accept: stream }),
    'GET, stream': await get(gateway, token, '/graphql/stream', asked, stream),
    'POST, stream at /graphql': await post(gateway, token, '/graphql', asked, { accept: stream }),
    callback: await post(gateway, token, '/graphql', { ...asked, extensions: { subscription: callback } }),
  }
  const refusals: Record<string, [number, Refusal]> = {}
  for (const [over, response] of Object.entries(responses)) {
    const { errors } = (await response.json()) as { errors: [Refusal] }
    refusals[over] = [response.status, errors[0]]
  }
  refusals.WebSocket = [400, await overSocket(t, gateway, token, asked)]
  return refusals
}

async function overSocket(t: TestContext, { url }: Gateway, token: string, payload: Asked): Promise<Refusal> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  t.after(() => socket.terminate())
  const { promise, resolve } = Promise.withResolvers<Refusal>()
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))) // prettier-ignore
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; payload: [Refusal] }
    if (message.type === 'connection_ack')
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    if (message.type === 'error') resolve(message.payload[0])
  })
  return promise
}

for (const [what, { environment, asked, limit }] of Object.entries(attacks)) {
  test(`too many ${what} are refused over every transport, with the limit and by how much`, async (t) => {
    const gateway = await startGateway(t, { environment })
    const token = await gateway.token('twinning:read', watch)

    const refusals = await overAll(t, gateway, token, asked('subscription'))

    for (const [over, [status, { extensions }]] of Object.entries(refusals)) {
      assert.deepEqual(extensions, { code: 'REQUEST_LIMIT_EXCEEDED', limit }, over)
      assert.equal(status, over === 'POST' || over === 'callback' ? 200 : 400, over)
    }
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

  test(`LIMIT_MODE=measure lets too many ${what} through, and counts them`, async (t) => {
    const gateway = await startGateway(t, { environment: { ...environment, LIMIT_MODE: 'measure' } })
    const token = await gateway.token('twinning:read', watch)

    // A subscription's fields are none of a query: it is refused, but for that.
    const response = await post(gateway, token, '/graphql', asked('query'))
    const { errors } = (await response.json()) as { errors: Refusal[] }

    assert.deepEqual(
      [...new Set(errors.map(({ extensions: { code } }) => code))],
      ['GRAPHQL_VALIDATION_FAILED'],
    )
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    const { name } = limit as { name: string }
    assert.match(
      metrics,
      new RegExp(`twinning_limits_exceeded_total{limit="${name}",outcome="measured"} \\d`),
    )
  })
}

test('the message says what there is too much of', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_DEPTH: '5' } })

  const { status, errors } = await gateway.query(
    await gateway.token('twinning:read', watch),
    `{ ${deep(2)} }`,
  )

  assert.equal(status, 200)
  assert.deepEqual(errors, [
    {
      message: 'the document has 8 levels of fields, and 5 is allowed',
      extensions: { code: 'REQUEST_LIMIT_EXCEEDED', limit: { name: 'depth', actual: 8, max: 5 } },
    },
  ])
})

test('as much as is allowed is admitted, and one more is not', async (t) => {
  const gateway = await startGateway(t, {
    environment: { LIMIT_DEPTH: '8', LIMIT_ALIASES: '2', LIMIT_ROOT_FIELDS: '3', LIMIT_DIRECTIVES: '1', LIMIT_TOKENS: '34' }, // prettier-ignore
  })
  const token = await gateway.token('twinning:read', watch)
  const codes = async (document: string) =>
    (await gateway.query(token, document)).errors.map(
      ({ extensions }) => (extensions.limit as { name: string }).name,
    )

  assert.deepEqual(await codes(`{ ${deep(2)} }`), [])
  assert.deepEqual(await codes(`{ ${deep(3)} }`), ['depth'])
  assert.deepEqual(await codes('{ a: __typename b: __typename @skip(if: false) __typename }'), [])
  assert.deepEqual(await codes('{ a: __typename b: __typename c: __typename }'), ['aliases'])
  assert.deepEqual(await codes('{ __typename __typename __typename __typename }'), ['rootFields'])
  assert.deepEqual(await codes('{ __typename @skip(if: false) @include(if: true) }'), ['directives'])
  assert.deepEqual(await codes(`{ twinningDevice { ${times(30, () => 'address')} } }`), ['tokens'])
})

test('documents that are made to be hard to look through end in a refusal, soon', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token('twinning:read', watch)
  const twice = (i: number) => `twinnings { nodes { ownDevice { ...F${i + 1} } } }`
  const doubling = times(60, (i) => `fragment F${i} on Device { ${twice(i)} b: ${twice(i)} }`)
  const hard: Record<string, [string, object]> = {
    'a million fields': [`{ ${'a '.repeat(900_000)} }`, { name: 'tokens', actual: null, max: 10_000 }],
    'ten thousand braces': ['{a'.repeat(4000) + '}'.repeat(2000), { name: 'depth', actual: null, max: 30 }],
    'fragments that double, and lead deep': [
      `{ twinningDevice { ...F0 } } ${doubling} fragment F60 on Device { address }`,
      { name: 'depth', actual: 182, max: 30 },
    ],
  }

  for (const [what, [document, limit]] of Object.entries(hard)) {
    const started = performance.now()
    const { errors } = await gateway.query(token, document)
    assert.deepEqual(errors[0]?.extensions.limit, limit, what)
    assert.ok(performance.now() - started < 2000, what)
  }
})

test('variables that are as deep as a body is long are looked through to their end', async (t) => {
  const gateway = await startGateway(t)
  const token = await gateway.token('twinning:read', watch)
  const nested = '['.repeat(400_000) + ']'.repeat(400_000)

  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: `{"query":"{ __typename }","variables":{"x":${nested}}}`,
  })

  assert.deepEqual(await response.json(), { data: { __typename: 'Query' } })
})

test('a parameter that a URL has twice is looked at as it is served', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_ALIASES: '0' } })
  const token = await gateway.token('twinning:read', watch)
  const search = new URLSearchParams([
    ['query', 'subscription { a: twinningChanged { kind } }'],
    ['query', 'subscription { twinningChanged { kind } }'],
  ])

  const response = await fetch(`${gateway.url}/graphql/stream?${search.toString()}`, {
    headers: { authorization: `Bearer ${token}`, accept: stream },
  })

  const { errors } = (await response.json()) as { errors: Refusal[] }
  assert.equal(errors[0]?.extensions.code, 'REQUEST_LIMIT_EXCEEDED')
})

for (const path of ['/graphql', '/graphql/stream'])
  for (const chunked of [false, true])
    test(`a body that is too long ${chunked ? 'and does not say so ' : ''}is refused with 413 at ${path}`, async (t) => {
      const { url, token } = await startGateway(t, { environment: { LIMIT_BODY_BYTES: '2000' } })
      const body = JSON.stringify({ query: '{ __typename }', extensions: { x: 'x'.repeat(3000) } })
      const client = httpRequest(`${url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await token('twinning:read', watch)}`,
          'content-type': 'application/json',
          ...(!chunked && { 'content-length': body.length }),
        },
      })
      if (chunked) client.write(body.slice(0, 1000))
      client.end(chunked ? body.slice(1000) : body)

      const [status, answer] = await new Promise<[number | undefined, string]>((resolve, reject) => {
        client.on('error', reject)
        client.on(
          'response',
          (response) => void text(response).then((b) => resolve([response.statusCode, b])),
        )
      })

      assert.equal(status, 413)
      const limit = { name: 'body', actual: chunked ? null : body.length, max: 2000 }
      assert.deepEqual(
        (JSON.parse(answer) as { errors: Refusal[] }).errors.map((e) => e.extensions),
        [{ code: 'REQUEST_LIMIT_EXCEEDED', limit }],
      )
    })

test('measured, a long body is taken, and one eight times as long is not', async (t) => {
  const gateway = await startGateway(t, {
    environment: { LIMIT_BODY_BYTES: '2000', LIMIT_MODE: 'measure' },
  })
  const token = await gateway.token('twinning:read', watch)
  const ask = async (bytes: number) =>
    (
      await post(gateway, token, '/graphql', {
        query: '{ __typename }',
        extensions: { x: 'x'.repeat(bytes) },
      })
    ).status

  assert.deepEqual([await ask(3000), await ask(17_000)], [200, 413])
})

test('what clients and routers send is admitted as it comes', async (t) => {
  const gateway = await startGateway(t, { environment: { EXPLORER: 'on' } })
  seedMany(gateway.sandbox.operators.beta, watch, 1)
  const [id = ''] = await learnIds(gateway, watch)
  const token = await gateway.token('twinning:read:any', watch)
  const introspection = getIntrospectionQuery({
    inputValueDeprecation: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    oneOf: true,
  })
  const entities =
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name twinningStatus } } }'
  const r = Array.from({ length: 10_000 }, () => ({ __typename: 'Twinning', id }))

  for (const [what, document, variables] of [
    ['introspection', introspection, {}],
    ['10,000 representations', entities, { r }],
    ['20 levels', `{ ${deep(6)} }`, {}],
    ['50 aliases', `{ ${times(50, (i) => `a${i}: twinningDevice(address: "${watch}") { address }`)} }`, {}],
    ['500 ids', 'query ($i: [ID!]!) { twinnings(ids: $i) { id } }', { i: Array(500).fill(id) }],
  ] as const) {
    const { errors } = await gateway.query(token, document, variables)
    assert.deepEqual(errors, [], what)
  }
})
