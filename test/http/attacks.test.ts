// HTTP itself, attacked with bare sockets: slow peers, many peers, requests in disguise, other sites' pages.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import test from 'node:test'
import { WebSocket } from 'ws'
import { createRequests } from '../../src/http/requests.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { listening, start, withOperators } from '../support/process.ts'
import { until } from '../support/until.ts'

const json = 'application/json'
const mine = JSON.stringify({ query: '{ twinningDevice { address } }' })

function open({ url }: Pick<Gateway, 'url'>): Socket {
  const { hostname, port } = new URL(url)
  return connect(Number(port), hostname).on('error', () => undefined)
}

/** All that comes back until the connection ends, or nothing more has come for a while. */
async function exchange(gateway: Pick<Gateway, 'url'>, bytes: string): Promise<string> {
  const socket = open(gateway)
  socket.setTimeout(1000, () => socket.destroy())
  socket.write(bytes)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  // An error, such as a reset, is an end like any other here.
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

test('hundreds of peers that send byte by byte are cut off in time, and others are answered meanwhile', async (t) => {
  const gateway = await startGateway(t, {
    environment: { LIMIT_HEADERS_MS: '500', LIMIT_REQUEST_MS: '1500' },
  })
  const token = await gateway.token('twinning:read', watch)
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`
  const beginnings = ['', 'P', head, `${head}Content-Type: ${json}\r\nContent-Length: 200000\r\n\r\n{`]
  const started = performance.now()
  const sockets = Array.from({ length: 400 }, (_, i) => ({ socket: open(gateway), i }))
  t.after(() => sockets.forEach(({ socket }) => socket.destroy()))
  let closed = 0
  for (const { socket, i } of sockets) {
    socket.on('close', () => (closed += 1)).resume()
    socket.write(beginnings[i % beginnings.length]!)
  }
  const trickle = setInterval(() => {
    for (const { socket, i } of sockets) if (i % beginnings.length !== 0 && socket.writable) socket.write('x')
  }, 100)
  t.after(() => clearInterval(trickle))

  let answered = 0
  while (closed < sockets.length && performance.now() - started < 15_000) {
    const { errors } = await gateway.query(token, '{ twinningDevice { address } }')
    assert.deepEqual(errors, [])
    answered += 1
    await wait(20)
  }

  assert.equal(closed, sockets.length)
  assert.ok(performance.now() - started < 6000)
  assert.ok(answered > 10)
})

test('a connection too many is dropped and counted; once another has gone there is room again', async (t) => {
  const gateway = await startGateway(t, { environment: { LIMIT_CONNECTIONS: '4' } })
  const sockets = Array.from({ length: 4 }, () => open(gateway))
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))

  assert.equal(await exchange(gateway, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'), '')
  sockets[0]?.destroy()
  await until('there is room', async () =>
    (await exchange(gateway, 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).includes(
      '200 OK',
    ),
  )

  const metrics = await exchange(gateway, 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  assert.match(metrics, /twinning_limits_exceeded_total\{limit="connections",outcome="refused"\} [1-9]/)
})

test('a peer that does not read its answer is not waited for', async (t) => {
  const app = createHttpServer(createLog('silent'), {
    isDraining: () => false,
    front: undefined,
    requests: createRequests(undefined),
    nextId: () => '1',
    origins: new Set(),
    limits: {
      mode: 'enforce',
      bodyBytes: 1000,
      headersMs: 1000,
      requestMs: 1000,
      connections: 10,
      silentMs: 300,
    },
  })
  t.after(() => app.close())
  app.get('/much', () => Buffer.alloc(64 * 1024 * 1024))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const ended = once(app.server, 'connection').then(([socket]: Socket[]) => once(socket!, 'close'))

  const peer = open({ url }).pause()
  t.after(() => peer.destroy())
  peer.write('GET /much HTTP/1.1\r\nHost: x\r\n\r\n')

  await ended
})

const hidden = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'
const chunked = `0\r\n\r\n${hidden}`
const post = (headers: string, body: string) =>
  `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: ${json}\r\n${headers}\r\n\r\n${body}`
const disguises: Readonly<Record<string, string>> = {
  'a length and chunks': post(`Content-Length: ${chunked.length}\r\nTransfer-Encoding: chunked`, chunked),
  'chunks and a length': post(`Transfer-Encoding: chunked\r\nContent-Length: 4`, chunked),
  'two lengths': post(`Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
  'a list of lengths': post(`Content-Length: 0, ${hidden.length}`, hidden),
  'a length with a sign': post(`Content-Length: +${hidden.length}`, hidden),
  'an unknown encoding': post('Transfer-Encoding: xchunked', chunked),
  'chunked, but not last': post('Transfer-Encoding: chunked, identity', chunked),
  'chunked twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', chunked),
  'a space before the colon': post('Transfer-Encoding : chunked', chunked),
  'a folded header': post('X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0', hidden),
  'a bare line feed': `POST /graphql HTTP/1.1\nHost: x\nContent-Length: 0\n\n${hidden}`,
  'a bare carriage return': post('X: y\rTransfer-Encoding: chunked\r\nContent-Length: 0', hidden),
  'a chunk size that is none': post('Transfer-Encoding: chunked', `0x0\r\n\r\n${hidden}`),
  'no host': `POST /graphql HTTP/1.1\r\nContent-Length: 0\r\n\r\n${hidden}`,
}

for (const nodeOptions of ['', '--insecure-http-parser'])
  test(`no request hides in another${nodeOptions && `, whatever NODE_OPTIONS=${nodeOptions} says`}`, async (t) => {
    const { environment } = await withOperators(t)
    const gateway = { url: await listening(start(t, { ...environment, NODE_OPTIONS: nodeOptions })) }

    for (const [what, bytes] of Object.entries(disguises)) {
      const answer = await exchange(gateway, bytes)
      assert.match(answer, /^HTTP\/1\.1 400 /, what)
      assert.doesNotMatch(answer, /twinning_|200 OK/, what)
    }
  })

test('what a form or a script of another site may send without asking is refused, and does nothing', async (t) => {
  const gateway = await startGateway(t, { environment: { AUTH: 'off' } })
  const mutation = `mutation { requestTwinning(input: { deviceAddress: "${watch}" }) { userErrors { code } } }`
  const body = JSON.stringify({ query: mutation })

  for (const [headers, sent] of [
    [`Content-Type: text/plain\r\n`, body],
    [`Content-Type: application/x-www-form-urlencoded\r\n`, `query=${encodeURIComponent(mutation)}`],
    [`Content-Type: multipart/form-data; boundary=x\r\n`, `--x\r\n\r\n${body}\r\n--x--`],
    [`Content-Type: text/plain; a=application/json\r\n`, body],
    [``, body],
  ] as const) {
    const answer = await exchange(
      gateway,
      `POST /graphql HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nConnection: close\r\n${headers}Content-Length: ${sent.length}\r\n\r\n${sent}`,
    )
    assert.match(answer, /^HTTP\/1\.1 4(?:15|00) /, headers)
  }
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})

function ask({ url }: Gateway, token: string, headers: Record<string, string>, path = '/graphql') {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': json, authorization: `Bearer ${token}`, ...headers },
    body: mine,
  })
}

const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' } // prettier-ignore

test('pages of the origins that are named may read answers, those of others may not', async (t) => {
  const gateway = await startGateway(t, {
    environment: { CORS_ORIGINS: 'https://app.example,http://localhost:3000' },
  })
  const token = await gateway.token('twinning:read', watch)

  for (const path of ['/graphql', '/graphql/stream'])
    for (const [origin, allowed] of [
      ['https://app.example', true],
      ['http://localhost:3000', true],
      ['https://app.example:444', false],
      ['https://app.example.evil.example', false],
      ['null', false],
    ] as const) {
      const asked = await fetch(`${gateway.url}${path}`, {
        method: 'OPTIONS',
        headers: { origin, ...preflight },
      })
      assert.equal(asked.status, allowed ? 204 : 403, origin)
      const got = await ask(gateway, token, { origin }, path)
      for (const { headers } of [asked, got]) {
        assert.equal(headers.get('access-control-allow-origin'), allowed ? origin : null, origin)
        assert.equal(headers.get('access-control-allow-credentials'), null)
        assert.match(headers.get('vary') ?? '', /\borigin$/)
      }
      if (!allowed) continue
      assert.equal(asked.headers.get('access-control-allow-methods'), 'GET, POST')
      assert.equal(asked.headers.get('access-control-allow-headers'), 'authorization,content-type')
    }
  const elsewhere = await fetch(`${gateway.url}/metrics`, { headers: { origin: 'https://app.example' } })
  assert.equal(elsewhere.headers.get('access-control-allow-origin'), null)
})

test('unless told otherwise no page of another origin may read anything', async (t) => {
  const gateway = await startGateway(t)
  const origin = 'https://app.example'

  const asked = await fetch(`${gateway.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, ...preflight },
  })
  const got = await ask(gateway, await gateway.token('twinning:read', watch), { origin })

  assert.deepEqual([asked.status, got.status], [404, 200])
  for (const { headers } of [asked, got]) assert.equal(headers.get('access-control-allow-origin'), null)
})

test('CORS_ORIGINS=* lets any page read', async (t) => {
  const gateway = await startGateway(t, { environment: { CORS_ORIGINS: '*' } })

  const { headers } = await ask(gateway, await gateway.token('twinning:read', watch), {
    origin: 'https://a.example',
  })

  assert.equal(headers.get('access-control-allow-origin'), '*')
})

test('a WebSocket is opened for pages of our own and of allowed origins, and for what is no page', async (t) => {
  const gateway = await startGateway(t, {
    environment: { AUTH: 'off', CORS_ORIGINS: 'https://app.example' },
  })
  const opens = async (origin?: string) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { ...(origin && { origin }) }) // prettier-ignore
    t.after(() => socket.terminate())
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    socket.on('open', () => resolve(101)).on('error', () => undefined)
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
    return promise
  }

  assert.equal(await opens(), 101)
  assert.equal(await opens(gateway.url), 101)
  assert.equal(await opens('https://app.example'), 101)
  assert.equal(await opens('https://evil.example'), 403)
  assert.equal(await opens('null'), 403)
})

test('every answer tells browsers not to guess, frame or embed it', async (t) => {
  const gateway = await startGateway(t, { environment: { EXPLORER: 'on' } })
  const authorization = `Bearer ${await gateway.token('twinning:read', watch)}`
  const end = new AbortController()
  const streamed = { accept: 'text/event-stream', 'content-type': json, authorization }
  const subscription = JSON.stringify({ query: 'subscription { twinningChanged { kind } }' })
  const at = (path: string, init: RequestInit = {}) =>
    fetch(`${gateway.url}${path}`, { ...init, signal: end.signal })

  const answers = {
    answer: await at('/graphql', {
      method: 'POST',
      headers: { 'content-type': json, authorization },
      body: mine,
    }),
    refusal: await at('/graphql', { method: 'POST', headers: { 'content-type': json }, body: mine }),
    'broken JSON': await at('/graphql', {
      method: 'POST',
      headers: { 'content-type': json, authorization },
      body: '{',
    }),
    stream: await at('/graphql/stream', { method: 'POST', headers: streamed, body: subscription }),
    health: await at('/health/live'),
    metrics: await at('/metrics'),
    nothing: await at('/nothing'),
    notification: await at('/notifications/beta', { method: 'POST' }),
    explorer: await at('/'),
  }

  for (const [what, { headers }] of Object.entries(answers)) {
    assert.equal(headers.get('x-content-type-options'), 'nosniff', what)
    assert.equal(headers.get('x-frame-options'), 'DENY', what)
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', what)
    assert.equal(headers.get('strict-transport-security'), null, what)
    assert.equal(headers.get('x-powered-by') ?? headers.get('server'), null, what)
  }
  const { headers } = answers.explorer
  assert.equal(headers.get('referrer-policy'), 'no-referrer')
  assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
  assert.match(headers.get('permissions-policy') ?? '', /camera=\(\), geolocation=\(\)/)
  assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
  end.abort()
})
