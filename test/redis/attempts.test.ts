import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { createRedisLink, type RedisLink } from '../../src/redis/redis.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

async function open(t: TestContext, url: string): Promise<RedisLink> {
  const link = await createRedisLink([new URL(url)])
  t.after(link.close)
  return link
}

const ping = (link: RedisLink) => link.attempt('ping', (client) => client.ping())

function failuresOf(t: TestContext): string[] {
  const failures: string[] = []
  t.after(
    listen('cache.failure', ({ operation, error }) => {
      failures.push(`${operation} ${error}`)
    }),
  )
  return failures
}

/** Stops the server until the test, or what is answered, lets it go on. */
function freeze(t: TestContext, server: RedisServer): () => void {
  const { pid } = server
  assert.ok(pid !== undefined)
  process.kill(pid, 'SIGSTOP')
  const thaw = () => server.pid === pid && process.kill(pid, 'SIGCONT')
  t.after(thaw)
  return thaw
}

test('an attempt answers what Redis answers, and undefined where that is an error', async (t) => {
  const link = await open(t, (await startRedis(t)).url)
  const failures = failuresOf(t)

  assert.equal(await ping(link), 'PONG')
  assert.equal(await link.attempt('wrong', (client) => client.call('NONSENSE')), undefined)
  assert.equal(
    await link.attempt('thrown', () => {
      throw new TypeError('at once')
    }),
    undefined,
  )

  assert.deepEqual(failures, ['wrong ReplyError', 'thrown TypeError'])
})

test('an attempt at a Redis that hangs ends, and those that began after it go on', async (t) => {
  const server = await startRedis(t)
  const link = await open(t, server.url)
  const failures = failuresOf(t)
  const thaw = freeze(t, server)

  const first = ping(link)
  await wait(50)
  const second = ping(link)
  assert.equal(await first, undefined)
  thaw()

  assert.equal(await second, 'PONG')
  assert.deepEqual(failures, ['ping Error'])
})

test('an attempt has its time, whatever has ended just before it', async (t) => {
  const server = await startRedis(t)
  const link = await open(t, server.url)
  await ping(link)
  await wait(60)
  const thaw = freeze(t, server)

  const answer = ping(link)
  await wait(50)
  thaw()

  assert.equal(await answer, 'PONG')
})

test('what comes too late is not counted a second time', async (t) => {
  const server = await startRedis(t)
  const link = await open(t, server.url)
  const failures = failuresOf(t)
  const thaw = freeze(t, server)

  assert.equal(await link.attempt('wrong', (client) => client.call('NONSENSE')), undefined)
  thaw()
  // One connection keeps the order.
  assert.equal(await ping(link), 'PONG')

  assert.deepEqual(failures, ['wrong Error'])
})

test('an answer that has come while this process was busy is not late', async (t) => {
  const link = await open(t, (await startRedis(t)).url)
  await ping(link)

  const answer = ping(link)
  // It is sent at the end of the turn, and then nothing is read for longer than it may take.
  await turn()
  const busyUntil = performance.now() + 250
  while (performance.now() < busyUntil);

  assert.equal(await answer, 'PONG')
})

test('after three failures in a row Redis is left alone for a moment, but for what must be tried', async (t) => {
  const server = await startRedis(t)
  const link = await open(t, server.url)
  const thaw = freeze(t, server)
  for (let n = 0; n < 3; n++) await ping(link)
  let tried = 0
  const run = () => {
    tried += 1
    return Promise.resolve('tried')
  }

  assert.equal(await link.attempt('one', run), undefined)
  assert.equal(tried, 0)
  assert.equal(await link.attempt('one', run, { always: true }), 'tried')
  thaw()
  await until('it is tried again', async () => (await ping(link)) === 'PONG')
})

test('an answer in between starts the count of failures again', async (t) => {
  const link = await open(t, (await startRedis(t)).url)
  const fail = () => link.attempt('wrong', (client) => client.call('NONSENSE'))

  for (const attempt of [fail, fail, ping, fail, fail]) await attempt(link)

  assert.equal(await ping(link), 'PONG')
})

test('what is asked in one turn is sent in one piece', async (t) => {
  const server = await startRedis(t)
  const pieces: number[] = []
  const relay = createServer((socket) => {
    const onward = connect(server.port, '127.0.0.1')
    socket.on('data', (piece) => pieces.push(piece.toString('latin1').split('ping').length - 1))
    socket.pipe(onward).pipe(socket)
    for (const end of [socket, onward]) end.on('error', () => undefined)
    t.after(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.after(() => relay.close())
  const link = await open(t, `redis://127.0.0.1:${(relay.address() as AddressInfo).port}`)

  const answers = await Promise.all(Array.from({ length: 50 }, () => ping(link)))

  assert.deepEqual(new Set(answers), new Set(['PONG']))
  assert.deepEqual(
    pieces.filter((count) => count > 0),
    [50],
  )
})
