// What clients do that mean no good, or have lost their way; each is over within a second or two.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

type Misuse = (url: string, token: string) => Promise<unknown>

const head = (url: string, line: string, headers: readonly string[] = []) =>
  [line, `host: ${new URL(url).host}`, ...headers, '', ''].join('\r\n')
const json = 'content-type: application/json'
const upgrade = [
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol: graphql-transport-ws',
]

/** Opens a connection; whatever becomes of it is no error here. */
async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'connect')
  return socket
}

/** Says something, waits a moment, and breaks the connection. */
const sayAndBreak =
  (what: (url: string, token: string) => readonly (string | Buffer)[], ms = 50): Misuse =>
  async (url, token) => {
    const socket = await open(url)
    for (const part of what(url, token)) {
      if (socket.destroyed) break
      socket.write(part)
      await wait(5)
    }
    await wait(ms)
    socket.resetAndDestroy()
  }

/** Posts GraphQL, or what is meant to look like it, and reads the answer. */
const post =
  (body: () => string, more: Record<string, string> = {}): Misuse =>
  async (url, token) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...more }
    const signal = AbortSignal.timeout(5000)
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: body(), signal }).catch(
      () => undefined,
    )
    await answer?.text().catch(() => undefined)
  }

const document = (query: string, variables: object = {}) => JSON.stringify({ query, variables })
const list =
  '{ twinningDevices(addresses: ["tel:+15550100", "tel:+15560100"]) { twinnings { nodes { name } } } }'
const subscription =
  'subscription { twinningChanged(deviceAddress: "tel:+15550100") { kind twinning { name } } }'

const request = (url: string, token: string, body: string, more: readonly string[] = []) => [
  head(url, 'POST /graphql HTTP/1.1', [
    json,
    `authorization: Bearer ${token}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...more,
  ]),
  body,
]

export const misuses: Readonly<Record<string, Misuse>> = {
  'a connection that is broken without a word': sayAndBreak(() => [], 0),
  'something that is no HTTP': sayAndBreak(() => ['\u0000\u0001\u0002 garbage\r\n\r\n']),
  'a TLS handshake': sayAndBreak(() => [Buffer.from('160301020001000001fc0303', 'hex')]),
  'a request that breaks off in its head': sayAndBreak(() => ['POST /graphql HTTP/1.1\r\nhost: x\r\nconte']),
  'a request that breaks off in its body': sayAndBreak((url, token) => [
    head(url, 'POST /graphql HTTP/1.1', [json, `authorization: Bearer ${token}`, 'content-length: 5000']),
    '{"query": "{ twinn',
  ]),
  'a chunk of a length that is none': sayAndBreak((url) => [
    head(url, 'POST /graphql HTTP/1.1', [json, 'transfer-encoding: chunked']),
    'zz\r\n{}\r\n0\r\n\r\n',
  ]),
  'two lengths that differ': sayAndBreak((url) => [
    head(url, 'POST /graphql HTTP/1.1', [json, 'content-length: 2', 'content-length: 30']),
    '{}',
  ]),
  'a header of 200 KB': sayAndBreak((url) => [
    head(url, 'GET /health/live HTTP/1.1', [`x-long: ${'x'.repeat(200_000)}`]),
  ]),
  'a client that goes while its answer is on its way': sayAndBreak(
    (url, token) => request(url, token, document(list)),
    3,
  ),
  'twenty requests at once on one connection that then breaks': sayAndBreak(
    (url, token) => Array.from({ length: 20 }, () => request(url, token, document(list)).join('')),
    1,
  ),
  'a stream whose reader goes': sayAndBreak(
    (url, token) => request(url, token, document(subscription), ['accept: text/event-stream']),
    300,
  ),
  'a WebSocket that says garbage': sayAndBreak((url) => [
    head(url, 'GET /graphql HTTP/1.1', upgrade),
    Buffer.from('ffffffffffffffffffff', 'hex'),
  ]),
  'a WebSocket frame that claims to be huge': sayAndBreak((url) => [
    head(url, 'GET /graphql HTTP/1.1', upgrade),
    Buffer.from('81ff7fffffffffffffff00000000', 'hex'),
  ]),
  'a WebSocket that breaks in its handshake': sayAndBreak(
    (url) => [head(url, 'GET /graphql HTTP/1.1', upgrade)],
    0,
  ),
  'an upgrade to something else, at a path that is none': sayAndBreak((url) => [
    head(url, 'GET /nowhere HTTP/1.1', ['connection: Upgrade', 'upgrade: h2c']),
  ]),
  'JSON that is none': post(() => '{"query": '),
  'JSON that is nested a thousand times': post(() => '['.repeat(1000) + ']'.repeat(1000)),
  'a body that is no object': post(() => '[null, 7, "x"]'),
  'a body of 3 MB': post(() => document('#'.repeat(3_000_000))),
  'a body in a form that is not spoken here': post(() => '<query/>', { 'content-type': 'application/xml' }),
  'a query nested a thousand times': post(() => document('{ a '.repeat(1000) + '}'.repeat(1000))),
  'a fragment within itself': post(() => document('{ ...F } fragment F on Query { ...F }')),
  'variables with names of the language': post(() =>
    document('query ($__proto__: ID!, $constructor: ID) { twinning(id: $__proto__) { id } }').replace(
      '{}',
      '{"__proto__": {"id": 1}, "constructor": {}}',
    ),
  ),
  'ids and addresses that are none': post(() =>
    document('{ twinning(id: "\u0000😀") { id } twinningDevice(address: "javascript:0") { address } }'),
  ),
}
