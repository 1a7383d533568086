import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import test from 'node:test'
import { startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { startInFrontOf, startServer } from '../support/operator.ts'
import { until } from '../support/until.ts'

const json = 'application/json'
const graphqlResponse = 'application/graphql-response+json'
const mine = '{ twinningDevice { address } }'

/** The parts of an answer that HTTP is about. */
async function facts(response: Response) {
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: (await response.json()) as Record<string, unknown>,
  }
}

test('a query by GET with an Authorization header is answered, and no cache may keep it', async (t) => {
  const { url, token } = await startGateway(t)
  const authorization = `Bearer ${await token('twinning:read', watch)}`

  const response = await fetch(`${url}/graphql?query=${encodeURIComponent(mine)}`, {
    headers: { authorization },
  })

  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  assert.deepEqual(await facts(response), {
    status: 200,
    type: 'application/json; charset=utf-8',
    body: { data: { twinningDevice: { address: watch } } },
  })
})

test('a mutation by GET is refused with 405, and the operator hears nothing of it', async (t) => {
  const { url, token, sandbox } = await startGateway(t)
  const authorization = `Bearer ${await token('twinning:write', watch)}`
  const mutation = 'mutation { requestTwinning(input: {}) { userErrors { code } } }'

  const response = await fetch(`${url}/graphql?query=${encodeURIComponent(mutation)}`, {
    headers: { authorization },
  })

  assert.equal(response.headers.get('allow'), 'POST')
  assert.deepEqual(await facts(response), {
    status: 405,
    type: 'application/json; charset=utf-8',
    body: {
      errors: [
        {
          message: 'GET requests only support query operations, not mutation operations',
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    },
  })
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('a GET that another site could have made is refused', async (t) => {
  const { url } = await startGateway(t, { environment: { AUTH: 'off' } })

  const { status } = await fetch(`${url}/graphql?query=${encodeURIComponent('{ __typename }')}`)

  assert.equal(status, 400)
})

for (const { what, body, contentType, status, message } of [
  {
    what: 'malformed JSON',
    body: '{"query": ',
    contentType: json,
    status: 400,
    message: "Body is not valid JSON but content-type is set to 'application/json'",
  },
  {
    what: 'an empty body',
    body: '',
    contentType: json,
    status: 400,
    message: "Body cannot be empty when content-type is set to 'application/json'",
  },
  {
    what: 'a media type that is no JSON',
    body: mine,
    contentType: 'application/graphql',
    status: 415,
    message: 'Unsupported Media Type',
  },
  {
    what: 'plain text',
    body: mine,
    contentType: 'text/plain',
    status: 415,
    message: 'Unsupported Media Type',
  },
])
  for (const accept of [json, graphqlResponse])
    test(`${what} is answered with ${status} in GraphQL's form, as ${accept}`, async (t) => {
      const { url, token } = await startGateway(t)
      const authorization = `Bearer ${await token('twinning:read', watch)}`

      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { authorization, accept, 'content-type': contentType },
        body,
      })

      assert.deepEqual(await facts(response), {
        status,
        type: `${accept}; charset=utf-8`,
        body: { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] },
      })
    })

for (const { what, query, variables, operationName, code } of [
  { what: 'a document that is no GraphQL', query: '{', variables: {}, code: 'GRAPHQL_PARSE_FAILED' },
  {
    what: 'a field that is not there',
    query: '{ nothing }',
    variables: {},
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'a variable of the wrong type',
    query: 'query ($id: ID!) { twinning(id: $id) { id } }',
    variables: { id: [] },
    code: 'BAD_USER_INPUT',
  },
  {
    what: 'an operation name that is not there',
    query: 'query A { __typename }',
    variables: {},
    operationName: 'B',
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
].map((row) => ({ operationName: undefined, ...row })))
  for (const [accept, status] of [
    [json, 200],
    ['*/*', 200],
    [graphqlResponse, 400],
    [`${graphqlResponse}, ${json};q=0.9`, 400],
  ] as const)
    test(`${what} is answered with ${status} for Accept: ${accept}`, async (t) => {
      const { url, token } = await startGateway(t)
      const authorization = `Bearer ${await token('twinning:read', watch)}`

      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { authorization, accept, 'content-type': json },
        body: JSON.stringify({ query, variables, operationName }),
      })

      const { status: actual, body } = await facts(response)
      const [error] = body.errors as { extensions: object }[]
      assert.deepEqual([actual, error?.extensions, body.data], [status, { code }, undefined])
    })

for (const accept of [json, graphqlResponse])
  test(`a partial answer has status 200 for Accept: ${accept}`, async (t) => {
    const { url, token } = await startGateway(t)
    const authorization = `Bearer ${await token('twinning:read', watch)}`
    const query = '{ __typename twinningDevice(address: "tel:+15550100") { twinnings { totalCount } } }'

    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization, accept, 'content-type': json },
      body: JSON.stringify({ query }),
    })

    const { status, type, body } = await facts(response)
    assert.deepEqual([status, type], [200, `${accept}; charset=utf-8`])
    assert.deepEqual(body.data, { __typename: 'Query', twinningDevice: { twinnings: null } })
    assert.deepEqual(
      (body.errors as { extensions: object }[]).map(({ extensions }) => extensions),
      [{ code: 'FORBIDDEN' }],
    )
  })

for (const { who, authorization } of [
  { who: 'no token', authorization: undefined },
  { who: 'a token that is none', authorization: 'Bearer nonsense' },
])
  for (const explorer of ['on', 'off'])
    test(`${who} gets 401 with a challenge, with the explorer ${explorer}`, async (t) => {
      const { url } = await startGateway(t, { environment: { EXPLORER: explorer } })

      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': json, ...(authorization && { authorization }) },
        body: JSON.stringify({ query: mine }),
      })

      assert.equal(response.headers.get('www-authenticate'), 'Bearer')
      const { status, body } = await facts(response)
      const [error] = body.errors as { extensions: object }[]
      assert.deepEqual([status, error?.extensions], [401, { code: 'UNAUTHENTICATED' }])
    })

test('a list of operations in one request is refused', async (t) => {
  const { url, token } = await startGateway(t)
  const authorization = `Bearer ${await token('twinning:read', watch)}`

  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization, 'content-type': json },
    body: JSON.stringify([{ query: mine }, { query: mine }]),
  })

  const { status, body } = await facts(response)
  assert.deepEqual(
    [status, body.errors],
    [400, [{ message: 'Operation batching disabled.', extensions: { code: 'BAD_REQUEST' } }]],
  )
})

test('when a client goes, the call to the operator that it waited for is ended', async (t) => {
  const asked = Promise.withResolvers<undefined>()
  const ended = Promise.withResolvers<boolean>()
  const operator = await startServer(t, (_, response) => {
    response.once('close', () => ended.resolve(response.writableFinished))
    asked.resolve(undefined)
  })
  const { url, token } = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '60000' })
  const client = httpRequest(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token('twinning:read', watch)}`, 'content-type': json },
  })
  client.on('error', () => undefined)
  client.end(JSON.stringify({ query: '{ twinningDevice { twinnings { totalCount } } }' }))
  await asked.promise

  client.destroy()

  assert.equal(await ended.promise, false)
})

test('a write goes on when its client has gone', async (t) => {
  const { url, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  beta.faults.add({ delayMs: 100 })
  const asked = beta.nextRequest()
  const client = httpRequest(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token('twinning:write', watch)}`, 'content-type': json },
  })
  client.on('error', () => undefined)
  client.end(JSON.stringify({ query: 'mutation { requestTwinning(input: {}) { userErrors { code } } }' }))
  await asked

  client.destroy()

  await until('the twinning is there', () => beta.twinnings(watch).length === 1)
})
