// Connections, sizes, redirects and going away: what only a bare server in an operator's place can show.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createSealer } from '../../src/domain/ids.ts'
import { parseAddress } from '../../src/domain/address.ts'
import { watch } from '../support/gateway.ts'
import { listQuery, startInFrontOf, startServer, wireTwinning, type RawServer } from '../support/operator.ts'

const listOfWatch = 'GET /api/twinning/v1/tel%3A%2B15560101/twinnings'
const mebibyte = 1024 * 1024
const uncached = { CACHE_TTL_S: '0', CACHE_STALE_S: '0' }

function json(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

const emptyList = { twinningList: {} }

test('an operator is asked for JSON, XML if it must be, at its server root, and with nothing of the client’s', async (t) => {
  const operator = await startServer(t, (_, response) => json(response, emptyList))
  const { query, token } = await startInFrontOf(t, `${operator.url}/api/`)

  await query(await token('twinning:read', watch), listQuery)

  assert.deepEqual(operator.requests, [listOfWatch])
  assert.deepEqual(operator.headers, [
    {
      host: new URL(operator.url).host,
      connection: 'keep-alive',
      accept: 'application/json, application/xml;q=0.5',
    },
  ])
})

test('one connection to an operator serves one request after another', async (t) => {
  const operator = await startServer(t, (_, response) => json(response, emptyList))
  const { query, token } = await startInFrontOf(t, `${operator.url}/api`, uncached)
  const asWatch = await token('twinning:read', watch)

  for (let i = 0; i < 5; i += 1) await query(asWatch, listQuery)

  assert.equal(operator.requests.length, 5)
  assert.equal(operator.connections(), 1)
})

test('no more than 128 connections to an operator are open, however much is asked at once', async (t) => {
  const waiting: ServerResponse[] = []
  let finish = false
  const operator = await startServer(t, (_, response) => {
    if (finish) {
      json(response, emptyList)
      return
    }
    waiting.push(response)
    // The 128th has come: none of the others can come before one of these is answered.
    if (waiting.length < 128) return
    finish = true
    void turn().then(() => waiting.forEach((one) => json(one, emptyList)))
  })
  const { query, token } = await startInFrontOf(t, `${operator.url}/api`, { OMA_TIMEOUT_MS: '20000' })
  const addresses = Array.from({ length: 300 }, (_, i) => `tel:+1556${1000 + i}`)

  const { errors } = await query(
    await token('twinning:read:any'),
    'query ($addresses: [DeviceAddress!]!) { twinningDevices(addresses: $addresses) { twinnings { totalCount } } }',
    { addresses },
  )

  assert.deepEqual(errors, [])
  assert.equal(operator.requests.length, 300)
  assert.equal(operator.connections(), 128)
})

test('a redirect is never followed, to another origin or the same', async (t) => {
  const other = await startServer(t, (_, response) => json(response, emptyList))
  const operator = await startServer(t, (_, response) => {
    const location = operator.requests.length === 1 ? `${other.url}/api` : '/api/elsewhere'
    response.writeHead(307, { location }).end()
  })
  const { query, token } = await startInFrontOf(t, `${operator.url}/api`, {
    OMA_AUTH: 'token',
    OMA_ACCESS_TOKEN: 'ours',
  })
  const asWatch = await token('twinning:read', watch)

  const answers = [await query(asWatch, listQuery), await query(asWatch, listQuery)]

  for (const { errors } of answers)
    assert.equal(
      errors[0]?.message,
      "operator default gave an answer that can't be used: status: expected 2xx, got 307",
    )
  assert.deepEqual(operator.requests, [listOfWatch, listOfWatch])
  assert.deepEqual(other.requests, [])
})

/** A list whose body has exactly this many bytes. */
function listOfBytes(bytes: number): string {
  const empty = JSON.stringify({ twinningList: { pad: '' } })
  return JSON.stringify({ twinningList: { pad: 'x'.repeat(bytes - empty.length) } })
}

for (const [bytes, problem] of [
  [16 * mebibyte, undefined],
  [16 * mebibyte + 1, 'body: expected at most 16777216 bytes, got more'],
] as const)
  test(`a list of ${bytes} bytes ${problem === undefined ? 'is read' : 'is too large'}`, async (t) => {
    const operator = await startServer(t, (_, response) => response.end(listOfBytes(bytes)))
    const { query, token } = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '20000' })

    const { errors } = await query(await token('twinning:read', watch), listQuery)

    assert.deepEqual(
      errors.map(({ message, extensions }) => [message, extensions]),
      problem === undefined
        ? []
        : [
            [
              `operator default gave an answer that can't be used: ${problem}`,
              { code: 'UPSTREAM_INVALID_RESPONSE' },
            ],
          ],
    )
  })

for (const [bytes, problem] of [
  [mebibyte, undefined],
  [mebibyte + 1, 'body: expected at most 1048576 bytes, got more'],
] as const)
  test(`a twinning of ${bytes} bytes ${problem === undefined ? 'is read' : 'is too large'}`, async (t) => {
    const twinning = { twinning: wireTwinning(watch, 'tw1'), pad: '' }
    const pad = 'x'.repeat(bytes - JSON.stringify(twinning).length)
    const operator = await startServer(t, (_, response) => json(response, { ...twinning, pad }))
    const key = Buffer.alloc(32, 1)
    const { query, token } = await startInFrontOf(t, operator.url, {
      OMA_TIMEOUT_MS: '20000',
      ID_KEY: key.toString('base64'),
    })
    const id = createSealer([key]).sealRef({
      operatorId: 'default',
      device: parseAddress(watch)!,
      twinningId: 'tw1',
    })

    const { data, errors } = await query(
      await token('twinning:read', watch),
      'query ($id: ID!) { twinning(id: $id) { twinningStatus } }',
      { id },
    )

    assert.deepEqual(data, { twinning: problem === undefined ? { twinningStatus: 'ON' } : null })
    assert.deepEqual(
      errors.map(({ message, extensions }) => [message, extensions]),
      problem === undefined
        ? []
        : [
            [
              `operator default gave an answer that can't be used: ${problem}`,
              { code: 'UPSTREAM_INVALID_RESPONSE' },
            ],
          ],
    )
  })

test('an endless body is given up at the limit, and its connection with it', async (t) => {
  let closed: Promise<unknown> | undefined
  const operator = await startServer(t, (_, response) => {
    closed = once(response, 'close')
    const more = () => {
      while (response.write('x'.repeat(mebibyte)));
    }
    response.on('drain', more)
    more()
  })
  const { query, token } = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '20000' })

  const { errors } = await query(await token('twinning:read', watch), listQuery)
  await closed

  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [{ code: 'UPSTREAM_INVALID_RESPONSE' }],
  )
})

test('a refusal whose body is endless is told by its status alone', async (t) => {
  const operator = await startServer(t, (_, response) => {
    response.writeHead(503)
    response.end('x'.repeat(17 * mebibyte))
  })
  const { query, token } = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '20000' })

  const { errors } = await query(await token('twinning:read', watch), listQuery)

  assert.deepEqual(
    errors.map(({ message, extensions }) => [message, extensions]),
    [['operator default answered with HTTP status 503', { code: 'UPSTREAM_UNAVAILABLE' }]],
  )
})

test('a chunked body that breaks off is UPSTREAM_INVALID_RESPONSE', async (t) => {
  const operator = await startServer(t, (_, response) => {
    response.write('{"twinningList":', () => response.destroy())
  })
  const { query, token } = await startInFrontOf(t, operator.url)

  const { errors } = await query(await token('twinning:read', watch), listQuery)

  assert.deepEqual(
    errors.map(({ message, extensions }) => [message, extensions]),
    [
      [
        "operator default gave an answer that can't be used: body: expected all of it, got a part",
        { code: 'UPSTREAM_INVALID_RESPONSE' },
      ],
    ],
  )
})

test('the deadline holds for the body too, and the connection is given up', async (t) => {
  let closed: Promise<unknown> | undefined
  const operator = await startServer(t, (_, response) => {
    closed = once(response, 'close')
    response.write('{"twinningList":')
  })
  const { query, token } = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '200' })

  const { errors } = await query(await token('twinning:read', watch), listQuery)
  await closed

  assert.deepEqual(
    errors.map(({ message, extensions }) => [message, extensions]),
    [['operator default gave no answer in 200 ms', { code: 'UPSTREAM_TIMEOUT' }]],
  )
})

test('an operator that is not there is UPSTREAM_UNAVAILABLE, and its address is not told', async (t) => {
  const { query, token } = await startInFrontOf(t, 'http://127.0.0.1:1/hidden')

  const answer = await query(await token('twinning:read', watch), listQuery)

  assert.deepEqual(
    answer.errors.map(({ message, extensions }) => [message, extensions]),
    [['operator default could not be reached', { code: 'UPSTREAM_UNAVAILABLE' }]],
  )
})

test('when the client goes away, what it made the gateway ask is cancelled', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>()
  const operator = await startServer(t, (_, response) => asked.resolve(response))
  const gateway = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '60000' })
  const client = new AbortController()
  const request = fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await gateway.token('twinning:read', watch)}`,
    },
    body: JSON.stringify({ query: listQuery }),
    signal: client.signal,
  })
  const response = await asked.promise
  const cancelled = once(response, 'close')

  client.abort()

  await assert.rejects(request, { name: 'AbortError' })
  await cancelled
  assert.equal(response.writableFinished, false)
})

test('a change is seen through when its client has gone away', async (t) => {
  const [posted, read] = [Promise.withResolvers<ServerResponse>(), Promise.withResolvers<ServerResponse>()]
  const operator = await startServer(t, ({ method }, response) =>
    (method === 'POST' ? posted : read).resolve(response),
  )
  const gateway = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '60000' })
  const client = new AbortController()
  const request = fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await gateway.token('twinning:write', watch)}`,
    },
    body: JSON.stringify({ query: 'mutation { requestTwinning(input: {}) { userErrors { code } } }' }),
    signal: client.signal,
  })
  const response = await posted.promise

  client.abort()

  await assert.rejects(request, { name: 'AbortError' })
  await gatewayNoticed(gateway.url)
  response.writeHead(201, { location: '/twinnings/tw1' }).end()
  json(await read.promise, { twinning: wireTwinning(watch, 'tw1', { twinningStatus: 'Pending' }) })
  assert.deepEqual(operator.requests, [
    'POST /twinning/v1/tel%3A%2B15560101/twinnings',
    'GET /twinning/v1/tel%3A%2B15560101/twinnings/tw1',
  ])
})

for (const [what, location] of Object.entries({
  'in full': (url: string) => `${url}/twinning/v1/tel%3A%2B15560101/twinnings/tw1`,
  'relative to the server root': () => '/twinning/v1/tel%3A%2B15560101/twinnings/tw1',
  'at a host that is not the operator’s': () => 'http://127.0.0.1:1/twinnings/tw1',
}))
  test(`what a POST without a body made is read by its Location, given ${what}`, async (t) => {
    const operator: RawServer = await startServer(t, ({ method }, response) => {
      if (method === 'POST') response.writeHead(201, { location: location(operator.url) }).end()
      else
        json(response, {
          twinning: wireTwinning(watch, 'tw1', { twinningStatus: 'Pending', activationCode: '12' }),
        })
    })
    const { query, token } = await startInFrontOf(t, operator.url)

    const { data, errors } = await query(
      await token('twinning:write twinning:read', watch),
      'mutation { requestTwinning(input: {}) { twinning { activationCode } userErrors { code } } }',
    )

    assert.deepEqual(errors, [])
    assert.deepEqual(data.requestTwinning, { twinning: { activationCode: '12' }, userErrors: [] })
    assert.deepEqual(operator.requests, [
      'POST /twinning/v1/tel%3A%2B15560101/twinnings',
      'GET /twinning/v1/tel%3A%2B15560101/twinnings/tw1',
    ])
  })

test('a POST that is answered with nothing at all is UPSTREAM_INVALID_RESPONSE', async (t) => {
  const operator = await startServer(t, (_, response) => response.writeHead(201).end())
  const { query, token } = await startInFrontOf(t, operator.url)

  const { errors } = await query(
    await token('twinning:write', watch),
    'mutation { requestTwinning(input: {}) { userErrors { code } } }',
  )

  assert.deepEqual(
    errors.map(({ message }) => message),
    [
      "operator default gave an answer that can't be used: body: expected JSON, got nothing, and no Location to read",
    ],
  )
  assert.equal(operator.requests.length, 1)
})

test('no-store is honoured in whichever of several Cache-Control lines it stands', async (t) => {
  const operator = await startServer(t, (_, response) => {
    response.setHeader('cache-control', ['max-age=60', 'no-store'])
    json(response, emptyList)
  })
  const { query, token } = await startInFrontOf(t, operator.url)
  const asWatch = await token('twinning:read', watch)

  await query(asWatch, listQuery)
  await query(asWatch, listQuery)

  assert.equal(operator.requests.length, 2)
})

/** Settles once the gateway has read whatever came before on its sockets. */
async function gatewayNoticed(url: string): Promise<void> {
  await (await fetch(`${url}/health/live`)).text()
}
