// One exchange with a server that does as it is told: what it brings, and how it ends before that.
import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import { Pool } from 'undici'
import { receive } from '../../src/upstream/receive.ts'
import { startServer } from '../support/operator.ts'
import { until } from '../support/until.ts'

async function startWith(t: TestContext, answer: RequestListener, connections = 128) {
  const server = await startServer(t, answer)
  const pool = new Pool(server.url, { connections, headersTimeout: 0, bodyTimeout: 0 })
  t.after(() => pool.destroy())
  const ask = (bounds: Partial<Parameters<typeof receive>[2]> = {}, path = '/a') =>
    receive(pool, { method: 'GET', path }, { maxBytes: 100, withinMs: 600_000, ...bounds })
  return { server, ask }
}

/** Timers that would keep this process going. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('an answer is its status, its headers and its text, and leaves nothing behind', async (t) => {
  const { ask } = await startWith(t, (_, response) =>
    response.writeHead(201, { 'X-One': 'a', 'x-two': ['b', 'c'] }).end('text'),
  )
  const { signal } = new AbortController()
  const before = timers()

  const received = await ask({ signal })

  assert.ok(received.outcome === 'answer')
  const { status, headers, text } = received
  assert.deepEqual([status, headers['x-one'], headers['x-two'], text], [201, 'a', ['b', 'c'], 'text'])
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  assert.equal(timers(), before)
})

test('what is put together of many pieces is read as one, and nothing as an empty text', async (t) => {
  const euros = Buffer.from('€€€')
  const { ask } = await startWith(t, ({ url }, response) => {
    if (url === '/nothing') response.writeHead(204).end()
    else {
      response.write(euros.subarray(0, 4))
      setTimeout(() => response.end(euros.subarray(4)), 20)
    }
  })

  const [pieces, nothing] = [await ask(), await ask({}, '/nothing')]

  assert.ok(pieces.outcome === 'answer' && nothing.outcome === 'answer')
  assert.deepEqual([pieces.text, nothing.text], ['€€€', ''])
})

test('a body may have as many bytes as it may, and not one more', async (t) => {
  const { ask } = await startWith(t, ({ url }, response) =>
    response.writeHead(url === '/refused' ? 400 : 200).end('x'.repeat(101)),
  )

  const [whole, longer, refused] = [
    await ask({ maxBytes: 101 }),
    await ask({ maxBytes: 100 }),
    await ask({ maxBytes: 100 }, '/refused'),
  ]

  assert.ok(whole.outcome === 'answer' && refused.outcome === 'answer')
  assert.equal(whole.text.length, 101)
  assert.deepEqual(longer, { outcome: 'tooLong' })
  assert.deepEqual([refused.status, refused.text], [400, ''])
})

for (const [what, status, answer] of [
  ['after nothing', undefined, (response) => response.destroy()],
  [
    'after a hint alone',
    undefined,
    (response) => response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.destroy()),
  ],
  ['in an answer', 200, (response) => response.write('{', () => response.destroy())],
  ['in a refusal', 503, (response) => response.writeHead(503).write('{', () => response.destroy())],
] satisfies [string, number | undefined, (response: ServerResponse) => void][])
  test(`a connection that breaks ${what} says ${status === undefined ? 'no status' : `status ${status}`}`, async (t) => {
    const { ask } = await startWith(t, (_, response) => answer(response))

    const received = await ask()

    assert.ok(received.outcome === 'broken')
    assert.equal(received.status, status)
    assert.ok(received.cause instanceof Error)
  })

test('a hint before the answer is not taken for it', async (t) => {
  const { ask } = await startWith(t, (_, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    response.end('text')
  })

  const received = await ask()

  assert.ok(received.outcome === 'answer')
  assert.deepEqual([received.status, received.text], [200, 'text'])
})

test('a request that is none is broken, and nothing is sent', async (t) => {
  const { server, ask } = await startWith(t, (_, response) => response.end())
  const { signal } = new AbortController()

  const received = await ask({ signal }, 'no path')

  assert.equal(received.outcome, 'broken')
  assert.deepEqual(server.requests, [])
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

for (const begins of [false, true])
  test(`whoever leaves ${begins ? 'in the middle of an answer' : 'before it'} closes the connection`, async (t) => {
    const asked = Promise.withResolvers<ServerResponse>()
    const { ask } = await startWith(t, (_, response) => {
      if (begins) response.write('begun', () => asked.resolve(response))
      else asked.resolve(response)
    })
    const client = new AbortController()
    const before = timers()
    const asking = ask({ signal: client.signal })
    const closed = once(await asked.promise, 'close')

    client.abort()

    assert.deepEqual(await asking, { outcome: 'aborted' })
    await closed
    assert.equal(timers(), before)
  })

test('for whoever has left already nothing is sent', async (t) => {
  const { server, ask } = await startWith(t, (_, response) => response.end())

  assert.deepEqual(await ask({ signal: AbortSignal.abort() }), { outcome: 'aborted' })

  await ask()
  assert.equal(server.requests.length, 1)
})

test('who waits for a connection waits no longer than the deadline, and costs nobody a connection', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>()
  const { server, ask } = await startWith(
    t,
    ({ url }, response) => (url === '/first' ? asked.resolve(response) : response.end('text')),
    1,
  )
  const first = ask({}, '/first')
  const response = await asked.promise
  const client = new AbortController()

  const late = await ask({ withinMs: 20 }, '/late')
  const leaving = ask({ signal: client.signal }, '/left')
  client.abort()
  const left = await leaving
  const next = ask({}, '/next')
  response.end()

  assert.deepEqual([late, left], [{ outcome: 'timeout' }, { outcome: 'aborted' }])
  assert.deepEqual([(await first).outcome, (await next).outcome], ['answer', 'answer'])
  assert.deepEqual(server.requests, ['GET /first', 'GET /next'])
  assert.equal(server.connections(), 1)
})

test('a pool that is destroyed ends what is under way, and what comes after', async (t) => {
  const server = await startServer(t, () => undefined)
  const pool = new Pool(server.url, { connections: 1, headersTimeout: 0 })
  const ask = () => receive(pool, { method: 'GET', path: '/' }, { maxBytes: 100, withinMs: 600_000 })
  const [running, waiting] = [ask(), ask()]
  await until('the first is there', () => server.requests.length === 1)

  await pool.destroy()

  for (const asking of [running, waiting, ask()]) assert.equal((await asking).outcome, 'broken')
})
