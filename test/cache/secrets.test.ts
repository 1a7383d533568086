import assert from 'node:assert/strict'
import test from 'node:test'
import { Redis } from 'ioredis'
import { createLog } from '../../src/telemetry/log.ts'
import { phone, startGateway, watch } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const request =
  'mutation ($key: String) { requestTwinning(input: {name: "myWatch", idempotencyKey: $key}) { twinning { id activationCode } userErrors { code } } }'
const activate =
  'mutation ($code: String!, $key: String) { activateTwinning(input: {activationCode: $code, idempotencyKey: $key}) { twinning { id } userErrors { code message } } }'
const codes =
  'query ($id: ID!) { twinning(id: $id) { name ... on SecondaryTwinning { activationCode authCode voicemailAccess { address } } } }'
const list = '{ twinningDevice { twinnings { nodes { id } } } }'
const own = 'twinning:read twinning:write twinning:voicemail'

test('after the whole story neither Redis nor the log at level trace holds a code, a token or a number', async (t) => {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  const monitor = await redis.monitor()
  for (const connection of [redis, monitor]) {
    connection.on('error', () => undefined)
    t.after(() => connection.disconnect())
  }
  const said: string[] = []
  monitor.on('monitor', (_time: string, args: string[]) => said.push(args.join(' ')))
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => void lines.push(line) })
  const gateway = await startGateway(t, { environment: { REDIS_URL: server.url, LOG_LEVEL: 'trace' }, log })
  const { query, sandbox } = gateway
  const { alpha, beta } = sandbox.operators
  for (const { id, notifyTo } of [alpha, beta])
    notifyTo({ url: `${gateway.url}/notifications/${id}`, secret: 'notify-secret' })
  const asWatch = await gateway.token(own, watch)
  const asPhone = await gateway.token(own, phone)

  // The story, with whatever may go wrong in it.
  const requested = await query(asWatch, request, { key: 'k1' })
  const { id, activationCode } = requested.data.requestTwinning.twinning as {
    id: string
    activationCode: string
  }
  for (const token of [asWatch, asPhone]) await query(token, codes, { id })
  await query(asWatch, list)
  await query(asPhone, activate, { code: `${activationCode}x`, key: 'k2' })
  alpha.faults.add({
    match: { method: 'POST' },
    status: 500,
    body: `activationCode=${activationCode}`,
    times: 1,
  })
  await query(asPhone, activate, { code: activationCode })
  alpha.faults.add({ match: { method: 'POST' }, body: `{"activationCode": "${activationCode}`, times: 1 })
  await query(asPhone, activate, { code: activationCode })
  await query(asPhone, `{ ${activationCode} `)
  const activated = await query(asPhone, activate, { code: activationCode, key: 'k3' })
  assert.deepEqual(activated.data.activateTwinning.userErrors, [])
  await beta.notificationsSettled()
  const learned = await query(asWatch, codes, { id })
  const { authCode } = learned.data.twinning as { authCode: string }
  assert.equal(typeof authCode, 'string')
  for (const token of [asWatch, asPhone]) await query(token, list)
  beta.seed({ ownAddress: watch, id: 'bad', otherDevice: { address: 'nonsense 15550100' } })
  await query(asWatch, list)
  await redis.publish('twinning-gateway:1:evicted', 'nonsense')
  await until('entries are in Redis', async () => (await redis.dbsize()) > 3)
  await server.stop()
  await query(asWatch, list)
  await until('the loss is logged', () => lines.some((line) => line.includes('Redis failed')))

  const secrets = [activationCode, authCode, asWatch, asPhone, 'notify-secret', sandbox.accessToken]
  for (const secret of secrets) {
    assert.deepEqual(
      said.filter((command) => command.includes(secret)),
      [],
    )
    assert.deepEqual(
      lines.filter((line) => line.includes(secret)),
      [],
    )
  }
  const numbers = [phone, watch].flatMap((address) => [address.slice(5), encodeURIComponent(address)])
  assert.deepEqual(
    lines.filter((line) => numbers.some((number) => line.includes(number))),
    [],
  )
  // It did see something.
  assert.ok(said.some((command) => command.startsWith('set') && command.includes('myWatch')))
  assert.ok(lines.some((line) => line.includes('"route":"/graphql"')))
  assert.ok(lines.some((line) => line.includes('upstream request')))
})
