// How each end of an exchange is told: to whoever asked, to the telemetry, and on the trail.
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { listen, type Reports } from '../../src/telemetry/channels.ts'
import type { CallOutcome } from '../../src/telemetry/trail.ts'
import { createTransport, type TransportRequest } from '../../src/upstream/transport.ts'
import { startServer } from '../support/operator.ts'

async function startWith(t: TestContext, answer: (response: ServerResponse) => void, timeoutMs = 60_000) {
  const server = await startServer(t, (_, response) => answer(response))
  const transport = createTransport({
    operator: 'alpha',
    serverRoot: new URL(`${server.url}/base/`),
    timeoutMs,
  })
  t.after(transport.close)
  const reports: Reports['upstream.request'][] = []
  t.after(listen('upstream.request', (facts) => reports.push(facts)))
  const outcomes: CallOutcome[] = []
  const calls = {
    begin: () => ({
      headers: { traceparent: 'ours' },
      end: (outcome: CallOutcome) => outcomes.push(outcome),
    }),
    notSent: () => assert.fail('it was sent'),
  }
  const ask = (request: Partial<TransportRequest> = {}) =>
    transport.exchange({
      method: 'GET',
      path: '/a',
      headers: { accept: 'text/plain' },
      maxBytes: 10,
      signal: new AbortController().signal,
      calls,
      ...request,
    })
  const told = () => [reports.map(({ operator, method, status }) => [operator, method, status]), outcomes]
  return { server, ask, told, reports }
}

test('an answer is told by its status, and how long it took; its trail’s headers go with it', async (t) => {
  const { server, ask, told, reports } = await startWith(t, (response) =>
    response.writeHead(404, { 'x-list': ['a', 'b'] }).end('no'),
  )

  const { status, header, text } = await ask({ method: 'POST', body: 'body' })

  assert.deepEqual([status, header('x-list'), header('x-none'), text], [404, 'a, b', undefined, 'no'])
  assert.deepEqual(told(), [[['alpha', 'POST', 404]], [404]])
  assert.ok((reports[0]?.ms ?? 0) > 0)
  assert.deepEqual(server.requests, ['POST /base/a'])
  const { accept, traceparent } = server.headers[0] ?? {}
  assert.deepEqual([accept, traceparent], ['text/plain', 'ours'])
})

for (const [what, answer, outcome, name, message] of [
  [
    'a longer body than is read',
    (response) => response.end('x'.repeat(11)),
    'invalid',
    'UpstreamInvalidResponse',
    "operator alpha gave an answer that can't be used: body: expected at most 10 bytes, got more",
  ],
  [
    'a part of an answer',
    (response) => response.write('x', () => response.destroy()),
    'invalid',
    'UpstreamInvalidResponse',
    "operator alpha gave an answer that can't be used: body: expected all of it, got a part",
  ],
  [
    'a part of a refusal',
    (response) => response.writeHead(500).write('x', () => response.destroy()),
    'error',
    'UpstreamUnavailable',
    'operator alpha could not be reached',
  ],
  [
    'no answer',
    (response) => response.destroy(),
    'error',
    'UpstreamUnavailable',
    'operator alpha could not be reached',
  ],
  [
    'an answer that does not end',
    (response) => response.write('x'),
    'timeout',
    'UpstreamTimeout',
    'operator alpha gave no answer in 200 ms',
  ],
] satisfies [string, (response: ServerResponse) => void, CallOutcome, string, string][])
  test(`${what} is ${name}`, async (t) => {
    const { ask, told } = await startWith(t, answer, 200)

    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof GatewayError)
      assert.deepEqual([error.name, error.message], [name, message])
      return true
    })

    assert.deepEqual(told(), [[['alpha', 'GET', outcome]], [outcome]])
  })

test('a later attempt has the time that it is given, and the error says how much there is in all', async (t) => {
  const { ask } = await startWith(t, () => undefined)

  await assert.rejects(ask({ withinMs: 50 }), { message: 'operator alpha gave no answer in 60000 ms' })
})

test('whoever leaves is told why, and nobody counts it', async (t) => {
  const client = new AbortController()
  const reason = new Error('left')
  const { ask, told } = await startWith(t, () => client.abort(reason))

  await assert.rejects(ask({ signal: client.signal }), (error) => error === reason)

  assert.deepEqual(told(), [[], ['aborted']])
})
