// OMA_AUTH: what the operator is sent, and what becomes of its refusals.
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import type { Operator } from '../../src/config/operators.ts'
import { phone, startGateway, watch } from '../support/gateway.ts'
import { listQuery, startInFrontOf, startServer, wireTwinning } from '../support/operator.ts'

const uncached = { CACHE_TTL_S: '0', CACHE_STALE_S: '0' }
const invalidToken = {
  requestError: { serviceException: { messageId: 'SVC2003', text: 'Invalid access token' } },
}

/** An operator that answers this device's list with a name made of who asked. */
function startOperator(t: TestContext) {
  return startServer(t, ({ headers }, response) => {
    const name = headers.authorization ?? 'nobody'
    response.end(JSON.stringify({ twinningList: { twinning: wireTwinning(watch, 'tw1', { name }) } }))
  })
}

test('none: an operator is sent no Authorization, whatever the caller has', async (t) => {
  const operator = await startOperator(t)
  const { query, token } = await startInFrontOf(t, operator.url)

  const { data } = await query(await token('twinning:read', watch), listQuery)

  assert.equal(data.twinningDevice.twinnings.nodes[0].name, 'nobody')
})

test('token: an operator is sent OMA_ACCESS_TOKEN', async (t) => {
  const operator = await startOperator(t)
  const { query, token } = await startInFrontOf(t, operator.url, {
    OMA_AUTH: 'token',
    OMA_ACCESS_TOKEN: 'ours',
  })

  const { data } = await query(await token('twinning:read', watch), listQuery)

  assert.equal(data.twinningDevice.twinnings.nodes[0].name, 'Bearer ours')
})

test('token: a refused one is not sent again, and is UPSTREAM_UNAVAILABLE', async (t) => {
  const operator = await startServer(t, (_, response) =>
    response.writeHead(401).end(JSON.stringify(invalidToken)),
  )
  const { query, token } = await startInFrontOf(t, operator.url, {
    OMA_AUTH: 'token',
    OMA_ACCESS_TOKEN: 'ours',
  })

  const { errors } = await query(await token('twinning:read', watch), listQuery)

  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [
      {
        code: 'UPSTREAM_UNAVAILABLE',
        oma: { messageId: 'SVC2003', text: 'Invalid access token', httpStatus: 401, operator: 'default' },
      },
    ],
  )
  assert.equal(operator.requests.length, 1)
})

/** A token endpoint that gives `t1`, `t2`, …, and an operator that accepts only the newest of them. */
async function startWithTokens(
  t: TestContext,
  environment: Record<string, string> = {},
  answer: object = {},
) {
  let given = 0
  const forms: string[] = []
  const tokens = await startServer(t, (request, response) => {
    void text(request).then((form) => {
      forms.push(form)
      given += 1
      response.end(
        JSON.stringify({ access_token: `t${given}`, token_type: 'Bearer', expires_in: 3600, ...answer }),
      )
    })
  })
  const operator = await startServer(t, ({ headers }, response) => {
    const accepted = headers.authorization === `Bearer t${given}`
    response
      .writeHead(accepted ? 200 : 401)
      .end(JSON.stringify(accepted ? { twinningList: {} } : invalidToken))
  })
  const gateway = await startInFrontOf(t, operator.url, {
    ...uncached,
    OMA_AUTH: 'client_credentials',
    OMA_TOKEN_URL: `${tokens.url}/oauth2/token?tenant=a`,
    OMA_CLIENT_ID: 'gate:way',
    OMA_CLIENT_SECRET: 'p@ss:w%rd',
    ...environment,
  })
  const asWatch = await gateway.token('twinning:read', watch)
  const asPortal = await gateway.token('twinning:read:any')
  return {
    tokens,
    operator,
    forms: () => forms,
    /** The operator forgets the tokens that were given. */
    revoke: () => (given += 1),
    list: () => gateway.query(asWatch, listQuery),
    /** As many devices, whose readings are not one. */
    listMany: (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          gateway.query(asPortal, listQuery, { address: `tel:+1556${1000 + i}` }),
        ),
      ),
    sent: () => operator.headers.map(({ authorization }) => authorization),
  }
}

test('client_credentials: a token is asked for as RFC 6749 says, and serves all that follows', async (t) => {
  const { list, tokens, forms, sent } = await startWithTokens(t)

  for (let i = 0; i < 3; i += 1) assert.deepEqual((await list()).errors, [])

  const credentials = Buffer.from('gate%3Away:p%40ss%3Aw%25rd').toString('base64')
  assert.deepEqual(tokens.requests, ['POST /oauth2/token?tenant=a'])
  assert.equal(tokens.headers[0]?.authorization, `Basic ${credentials}`)
  assert.equal(tokens.headers[0]['content-type'], 'application/x-www-form-urlencoded')
  assert.deepEqual(forms(), ['grant_type=client_credentials'])
  assert.deepEqual(sent(), ['Bearer t1', 'Bearer t1', 'Bearer t1'])
})

test('client_credentials: calls side by side share one token', async (t) => {
  const { listMany, tokens, sent } = await startWithTokens(t)

  await listMany(8)

  assert.equal(tokens.requests.length, 1)
  assert.deepEqual(sent(), Array(8).fill('Bearer t1'))
})

test('client_credentials: a refused token is replaced, and the call made again, once', async (t) => {
  const { list, revoke, tokens, sent } = await startWithTokens(t)
  await list()
  revoke()

  const { errors } = await list()

  assert.deepEqual(errors, [])
  assert.equal(tokens.requests.length, 2)
  assert.deepEqual(sent(), ['Bearer t1', 'Bearer t1', 'Bearer t3'])
})

test('client_credentials: of many calls refused with one token, all succeed with one new token', async (t) => {
  const { list, listMany, revoke, tokens, sent } = await startWithTokens(t)
  await list()
  revoke()

  const answers = await listMany(8)

  assert.deepEqual(
    answers.flatMap(({ errors }) => errors),
    [],
  )
  assert.equal(tokens.requests.length, 2)
  assert.equal(sent().filter((header) => header === 'Bearer t3').length, 8)
})

test('client_credentials: a POST that was refused for its token is sent again with the new one', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  const body = { requestError: { serviceException: { messageId: 'SVC2003', text: 'Invalid access token' } } }
  beta.faults.add({ match: { method: 'POST' }, status: 401, body, times: 1 })

  const { data, errors } = await query(
    await token('twinning:write', watch),
    'mutation { requestTwinning(input: {name: "myWatch"}) { twinning { name } userErrors { code } } }',
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data.requestTwinning, { twinning: { name: 'myWatch' }, userErrors: [] })
  const posts = beta.requests().filter(({ method }) => method === 'POST')
  assert.equal(posts.length, 2)
  assert.notEqual(posts[0]?.headers.authorization, posts[1]?.headers.authorization)
  assert.equal(beta.twinnings(watch).length, 1)
})

test('client_credentials: when the new token is refused as well, the caller is told, without a third try', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  beta.faults.add({ status: 401, body: invalidToken })

  const { errors } = await query(await token('twinning:read', watch), listQuery)

  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [
      {
        code: 'UPSTREAM_UNAVAILABLE',
        oma: { messageId: 'SVC2003', text: 'Invalid access token', httpStatus: 401, operator: 'beta' },
      },
    ],
  )
  assert.equal(beta.requests().length, 2)
})

for (const [lifetime, until] of [
  [3600, 3240],
  ['3600', 3240],
  [undefined, 54],
  ['soon', 54],
] as const)
  test(`client_credentials: a token with expires_in ${JSON.stringify(lifetime)} is used for ${until} s`, async (t) => {
    const { list, tokens } = await startWithTokens(t, {}, { expires_in: lifetime })
    await list()
    const now = Date.now()
    t.mock.timers.enable({ apis: ['Date'], now: now + (until - 5) * 1000 })
    await list()
    assert.equal(tokens.requests.length, 1)

    t.mock.timers.setTime(now + until * 1000)
    await list()

    assert.equal(tokens.requests.length, 2)
  })

const tokenFailures: [what: string, status: number, body: string][] = [
  ['refuses the client', 401, '{"error":"invalid_client"}'],
  ['refuses the client with a token', 403, '{"access_token":"t1"}'],
  ['answers HTML', 200, '<html>p@ss</html>'],
  ['answers without a token', 200, '{"token_type":"Bearer"}'],
  ['answers an empty token', 200, '{"access_token":""}'],
  ['redirects', 302, ''],
  ['answers more than anybody needs', 200, JSON.stringify({ access_token: 'x'.repeat(70_000) })],
]
for (const [what, status, body] of tokenFailures)
  test(`client_credentials: a token endpoint that ${what} makes the operator UPSTREAM_UNAVAILABLE`, async (t) => {
    const tokens = await startServer(t, (_, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(body),
    )
    const operator = await startOperator(t)
    const { query, token } = await startInFrontOf(t, operator.url, {
      OMA_AUTH: 'client_credentials',
      OMA_TOKEN_URL: tokens.url,
      OMA_CLIENT_ID: 'gateway',
      OMA_CLIENT_SECRET: 'p@ss',
    })

    const { errors } = await query(await token('twinning:read', watch), listQuery)

    assert.deepEqual(
      errors.map(({ message, extensions }) => [message, extensions]),
      [['operator default gave the gateway no access token', { code: 'UPSTREAM_UNAVAILABLE' }]],
    )
    assert.deepEqual(tokens.requests, ['POST /'])
    assert.deepEqual(operator.requests, [])
  })

test('client_credentials: a token endpoint that hangs is UPSTREAM_TIMEOUT, and is asked anew the next time', async (t) => {
  const tokens = await startServer(t, (_, response) => {
    if (tokens.requests.length > 1) response.end(JSON.stringify({ access_token: 't1' }))
  })
  const operator = await startOperator(t)
  const { query, token } = await startInFrontOf(t, operator.url, {
    OMA_TIMEOUT_MS: '200',
    OMA_AUTH: 'client_credentials',
    OMA_TOKEN_URL: tokens.url,
    OMA_CLIENT_ID: 'gateway',
    OMA_CLIENT_SECRET: 'p@ss',
  })
  const asWatch = await token('twinning:read', watch)

  const first = await query(asWatch, listQuery)
  const second = await query(asWatch, listQuery)

  assert.deepEqual(
    first.errors.map(({ message, extensions }) => [message, extensions]),
    [['operator default gave no answer in 200 ms', { code: 'UPSTREAM_TIMEOUT' }]],
  )
  assert.equal(second.data.twinningDevice.twinnings.nodes[0].name, 'Bearer t1')
})

test('client_credentials: each operator of a file has its own tokens, asked for with its scope', async (t) => {
  const forms: string[] = []
  const tokens = await startServer(t, (request, response) => {
    void text(request).then((form) => {
      forms.push(form)
      response.end(JSON.stringify({ access_token: request.url }))
    })
  })
  const operator = await startOperator(t)
  const operatorOf = (id: string, match: string): Operator => ({
    id,
    serverRoot: new URL(operator.url),
    match: [match],
    auth: {
      type: 'client_credentials',
      tokenUrl: `${tokens.url}/${id}`,
      clientId: id,
      clientSecret: 's',
      scope: `${id} twinning`,
    },
  })
  const { query, token } = await startGateway(t, {
    config: (config) => ({
      ...config,
      operators: [operatorOf('a', 'tel:+1555'), operatorOf('b', 'tel:+1556')],
    }),
  })

  await query(
    await token('twinning:read:any'),
    '{ twinningDevices(addresses: ["tel:+15550100", "tel:+15560101"]) { twinnings { nodes { name } } } }',
  )

  assert.deepEqual(operator.headers.map(({ authorization }) => authorization).sort(), [
    'Bearer /a',
    'Bearer /b',
  ])
  assert.deepEqual(forms.sort(), [
    'grant_type=client_credentials&scope=a+twinning',
    'grant_type=client_credentials&scope=b+twinning',
  ])
})

test('forward: an operator is sent the caller’s own token', async (t) => {
  const operator = await startOperator(t)
  const { query, token } = await startInFrontOf(t, operator.url, { OMA_AUTH: 'forward' })
  const asWatch = await token('twinning:read', watch)

  const { data } = await query(asWatch, listQuery)

  assert.equal(data.twinningDevice.twinnings.nodes[0].name, `Bearer ${asWatch}`)
})

test('forward: what one caller’s token has read is served to nobody else', async (t) => {
  const operator = await startOperator(t)
  const { query, token } = await startInFrontOf(t, operator.url, { OMA_AUTH: 'forward' })
  const one = await token('twinning:read:any')
  const other = await token('twinning:read:any', phone)
  const ask = async (caller: string) =>
    (await query(caller, listQuery, { address: watch })).data.twinningDevice.twinnings.nodes[0].name as string

  const answers = [await ask(one), await ask(one), await ask(other), await ask(other)]

  assert.deepEqual(answers, [`Bearer ${one}`, `Bearer ${one}`, `Bearer ${other}`, `Bearer ${other}`])
  assert.deepEqual(
    operator.headers.map(({ authorization }) => authorization),
    [`Bearer ${one}`, `Bearer ${other}`],
  )
})

test('forward: what one caller may read is not served to another whom the operator refuses', async (t) => {
  const allowed = Promise.withResolvers<string>()
  const operator = await startServer(t, ({ headers }, response) => {
    void allowed.promise.then((token) => {
      const mine = headers.authorization === `Bearer ${token}`
      const list = { twinningList: { twinning: wireTwinning(watch, 'tw1', { name: 'mine' }) } }
      response.writeHead(mine ? 200 : 503).end(mine ? JSON.stringify(list) : '')
    })
  })
  const { query, token } = await startInFrontOf(t, operator.url, { OMA_AUTH: 'forward' })
  const [one, other] = [await token('twinning:read:any'), await token('twinning:read:any', phone)]
  allowed.resolve(one)
  await query(one, listQuery, { address: watch })

  const { data, errors } = await query(other, listQuery, { address: watch })

  assert.deepEqual(data, { twinningDevice: { twinnings: null } })
  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [{ code: 'UPSTREAM_UNAVAILABLE' }],
  )
})

for (const [status, body] of [
  [401, JSON.stringify(invalidToken)],
  [401, ''],
  [403, ''],
] as const)
  test(`forward: a ${status} ${body === '' ? 'without a body' : 'with SVC2003'} is the caller’s, FORBIDDEN, and not tried again`, async (t) => {
    const operator = await startServer(t, (_, response) => response.writeHead(status).end(body))
    const { query, token } = await startInFrontOf(t, operator.url, { OMA_AUTH: 'forward' })

    const { data, errors } = await query(await token('twinning:read', watch), listQuery)

    assert.deepEqual(data, { twinningDevice: { twinnings: null } })
    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['FORBIDDEN'],
    )
    assert.equal(operator.requests.length, 1)
  })

test('forward with AUTH=off: a caller without a token is UNAUTHENTICATED, and the operator is not asked', async (t) => {
  const operator = await startOperator(t)
  const { query } = await startInFrontOf(t, operator.url, { OMA_AUTH: 'forward', AUTH: 'off' })

  const without = await query(undefined, listQuery, { address: watch })
  const withOne = await query('opaque-token', listQuery, { address: watch })

  assert.deepEqual(
    without.errors.map(({ message, extensions }) => [message, extensions]),
    [["operator default is asked in the caller's name: send a token", { code: 'UNAUTHENTICATED' }]],
  )
  assert.equal(withOne.data.twinningDevice.twinnings.nodes[0].name, 'Bearer opaque-token')
  assert.equal(operator.requests.length, 1)
})
