import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { createAuthority } from './certificates.ts'
import { startRedis } from './redis.ts'

test('a started Redis keeps values until it is stopped, and comes back empty on the same port', async (t) => {
  const server = await startRedis(t)
  const redis = new Redis(server.url, { lazyConnect: true })
  t.after(() => redis.disconnect())
  redis.on('error', () => undefined)
  await redis.set('watch', 'tel:+15550101')
  const kept = await redis.get('watch')
  const firstPid = server.pid

  await server.restart()
  const afterwards = await redis.get('watch')

  assert.equal(kept, 'tel:+15550101')
  assert.equal(afterwards, null)
  assert.notEqual(server.pid, firstPid)
})

test('two Redis servers share neither port nor data, and take settings of their own', async (t) => {
  const [one, two] = await Promise.all([startRedis(t), startRedis(t, { args: ['--maxmemory', '3mb'] })])
  const [first, second] = [new Redis(one.url), new Redis(two.url)]
  t.after(() => [first, second].map((redis) => redis.disconnect()))

  await first.set('watch', 'tel:+15550101')

  assert.notEqual(one.port, two.port)
  assert.equal(await second.get('watch'), null)
  assert.deepEqual(await second.config('GET', 'maxmemory'), ['maxmemory', '3145728'])
})

test('a Redis whose port another has taken meanwhile starts on the next', async (t) => {
  const one = await startRedis(t)

  const two = await startRedis(t, { firstPort: one.port })

  assert.notEqual(two.port, one.port)
  assert.notEqual(two.pid, one.pid)
  const redis = new Redis(two.url)
  t.after(() => redis.disconnect())
  assert.match(await redis.info('server'), new RegExp(`process_id:${two.pid}\r`))
})

test('so does one whose port for TLS another has taken', async (t) => {
  const one = await startRedis(t)
  const authority = createAuthority(t)
  const tls = { ...authority.sign('localhost'), ca: authority.cert }

  const two = await startRedis(t, { tls, firstTlsPort: one.port })

  assert.notEqual(two.tlsPort, one.port)
  const redis = new Redis({ port: two.tlsPort!, tls: { ca: readFileSync(authority.cert) } })
  t.after(() => redis.disconnect())
  assert.match(await redis.info('server'), new RegExp(`process_id:${two.pid}\r`))
})

test('a stopped Redis is a process that is gone', async (t) => {
  const server = await startRedis(t)
  const { pid } = server

  await server.stop()
  await server.stop()

  assert.throws(() => process.kill(pid!, 0), { code: 'ESRCH' })
  assert.equal(server.pid, undefined)
})
