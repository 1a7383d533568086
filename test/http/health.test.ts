import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import test from 'node:test'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { startInFrontOf, startServer } from '../support/operator.ts'
import { startGateway, watch } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'

test('a gateway in memory only is live and ready', async (t) => {
  const { url } = await startGateway(t)

  const live = await fetch(`${url}/health/live`)
  const ready = await fetch(`${url}/health/ready`)

  assert.deepEqual([live.status, await live.json()], [200, { status: 'live' }])
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready', redis: 'none' }])
  assert.equal(ready.headers.get('cache-control'), 'no-store')
  assert.equal(ready.headers.get('content-type'), 'application/json; charset=utf-8')
})

test('a gateway with Redis says that it is up', async (t) => {
  const redis = await startRedis(t)
  const { url } = await startGateway(t, { environment: { REDIS_URL: redis.url } })

  const ready = await fetch(`${url}/health/ready`)

  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready', redis: 'up' }])
})

test('health and metrics ask for no token', async (t) => {
  const { url } = await startGateway(t, { environment: { EXPLORER: 'off' } })

  const statuses = await Promise.all(
    ['/health/live', '/health/ready', '/metrics'].map(async (path) => (await fetch(url + path)).status),
  )

  assert.deepEqual(statuses, [200, 200, 200])
})

test('a gateway that closes answers what it has begun, and then takes no more', async (t) => {
  const asked = Promise.withResolvers<undefined>()
  const answer = Promise.withResolvers<undefined>()
  const operator = await startServer(t, (_, response) => {
    asked.resolve(undefined)
    void answer.promise.then(() => response.end('{"twinningList":{}}'))
  })
  const { url, token, query, close } = await startInFrontOf(t, operator.url)
  const begun = query(await token('twinning:read', watch), '{ twinningDevice { twinnings { totalCount } } }')
  await asked.promise

  const started = performance.now()
  const closed = close()
  answer.resolve(undefined)

  assert.deepEqual((await begun).data, { twinningDevice: { twinnings: { totalCount: 0 } } })
  await closed
  // The client would keep its connection for a minute.
  assert.ok(performance.now() - started < 5000)
  await assert.rejects(fetch(`${url}/health/ready`), { message: 'fetch failed' })
})

test('what is being executed by a known document is answered as well, and ends its connection', async (t) => {
  // Answers for one device at once, and for another when it is told to.
  const asked = Promise.withResolvers<undefined>()
  const answer = Promise.withResolvers<undefined>()
  const operator = await startServer(t, (request, response) => {
    const isLate = request.url?.includes('15560102') ?? false
    if (isLate) asked.resolve(undefined)
    void (isLate ? answer.promise : Promise.resolve()).then(() => response.end('{"twinningList":{}}'))
  })
  const read = readConfig({ AUTH: 'off', PORT: '0', DRAIN_MS: '0', LOG_LEVEL: 'silent', OMA_SERVER_ROOT: operator.url }) // prettier-ignore
  assert.ok('config' in read)
  const app = await createApp(read.config)
  t.after(app.close)
  const url = await app.listen()
  let executions = 0
  t.after(listen('document.atHand', () => (executions += 1)))
  const ask = async (address: string) => {
    const query = 'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { totalCount } } }'
    const body = JSON.stringify({ query, variables: { a: address } })
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }) // prettier-ignore
    return { connection: response.headers.get('connection'), body: await response.text() }
  }
  const before = await ask('tel:+15560101')
  const begun = ask('tel:+15560102')
  await asked.promise

  const started = performance.now()
  await app.drain()
  const closed = app.close()
  setTimeout(answer.resolve, 50, undefined)
  const { connection, body } = await begun
  await closed

  assert.deepEqual([before.connection, connection], ['keep-alive', 'close'])
  assert.match(body, /"totalCount":0/)
  assert.ok(performance.now() - started < 5000)
  if (process.env.FAST_PATH !== 'off') assert.equal(executions, 1)
})

test('a probe that comes while a gateway drains gets 503', async (t) => {
  const answer = Promise.withResolvers<undefined>()
  const asked = Promise.withResolvers<undefined>()
  const operator = await startServer(t, (_, response) => {
    asked.resolve(undefined)
    void answer.promise.then(() => response.end('{"twinningList":{}}'))
  })
  const { url, token, close } = await startInFrontOf(t, operator.url)
  const authorization = `Bearer ${await token('twinning:read', watch)}`
  // Two requests on one connection, which is busy and therefore still open when the gateway begins to drain.
  const connection = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
  t.after(() => connection.destroy())
  const query = encodeURIComponent('{ twinningDevice { twinnings { totalCount } } }')
  connection.write(
    `GET /graphql?query=${query} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`,
  )
  await asked.promise

  const closed = close()
  connection.write('GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  answer.resolve(undefined)

  const statuses = (await connection.toArray()).join('').match(/HTTP\/1.1 \d+/g)
  await closed
  assert.deepEqual(statuses, ['HTTP/1.1 200', 'HTTP/1.1 503'])
})

test('an app that was never started closes all the same, as often as it is told to', async () => {
  const read = readConfig({ AUTH: 'off', LOG_LEVEL: 'silent', OMA_SERVER_ROOT: 'http://127.0.0.1:9' })
  assert.ok('config' in read)
  const app = await createApp(read.config)

  await Promise.all([app.close(), app.close()])

  await app.close()
})

test('a connection on which nothing was asked does not keep a gateway from closing', async (t) => {
  const { url, close } = await startGateway(t)
  const connection = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => connection.destroy())
  await once(connection, 'connect')
  const started = performance.now()

  await close()

  assert.ok(performance.now() - started < 1000)
})
