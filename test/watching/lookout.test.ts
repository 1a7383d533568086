// Operators that do not notify, while somebody watches.
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startGateway, watch } from '../support/gateway.ts'
import { startInFrontOf, startServer, wireTwinning } from '../support/operator.ts'
import { startRedis } from '../support/redis.ts'
import { pathOf } from '../support/twinnings.ts'
import { until } from '../support/until.ts'
import { listen, pollsWithin, removeSilently } from './support.ts'

const quick = { POLL_S: '1', POLL_PENDING_MS: '100', POLL_PER_SECOND: '1000' }

test('what an operator changes without a word is heard: made, changed and removed', async (t) => {
  const gateway = await startGateway(t, { environment: { ...quick } })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const { heard } = await listen(t, gateway, await gateway.token('twinning:read', watch))
  await until('it knows what there is', () => beta.requests().length > 0)
  await wait(50)

  beta.seed({ ownAddress: watch, id: 's2', name: 'second' })
  await until('the new one is heard', () => heard.length === 1)
  beta.seed({ ownAddress: watch, id: 's1', name: 'renamed' })
  await until('the change is heard', () => heard.length === 2)
  await removeSilently(beta, gateway.sandbox.accessToken, watch, 's2')
  await until('the removal is heard', () => heard.length === 3)
  // Nothing is told twice.
  await wait(2500)

  assert.deepEqual(heard, [
    { kind: 'CREATED', twinning: { name: 'second', twinningStatus: 'ON' } },
    { kind: 'UPDATED', twinning: { name: 'renamed', twinningStatus: 'ON' } },
    { kind: 'DELETED', twinning: null },
  ])
})

test('what was heard of an own mutation is not heard again when the operator is asked', async (t) => {
  const gateway = await startGateway(t, { environment: { ...quick, POLL_PENDING_MS: '100' } })
  const token = await gateway.token('twinning:read twinning:write', watch)
  const { heard } = await listen(t, gateway, token)

  await gateway.query(token, 'mutation { requestTwinning(input: { name: "mine" }) { twinning { id } } }')
  await until('it is heard', () => heard.length === 1)
  await wait(1000)

  assert.deepEqual(heard, [{ kind: 'CREATED', twinning: { name: 'mine', twinningStatus: 'PENDING' } }])
})

test('while a twinning is Pending its operator is asked often, and then seldom; unchanged lists are not sent again', async (t) => {
  const gateway = await startGateway(t, { environment: { ...quick, POLL_S: '3600' } })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  const { heard } = await listen(t, gateway, await gateway.token('twinning:read', watch))
  await until('it is asked', () => beta.requests().length >= 3)

  const pending = await pollsWithin(1000, beta)
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'On' })
  await until('ON is heard', () => heard.length === 1)
  // Once more it is looked whether all that was found has been told.
  await wait(600)
  const settled = await pollsWithin(1000, beta)

  assert.ok(pending.count >= 4 && pending.count <= 13, `asked ${pending.count} times in a second`)
  assert.equal(pending.conditional, pending.count)
  assert.deepEqual(settled, { count: 0, conditional: 0 })
})

test('an operator that has notified once is not asked any more, on any instance', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { ...quick, REDIS_URL: redis.url } })
  const other = await gateway.another()
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  const token = await gateway.token('twinning:read', watch)
  for (const instance of [gateway, other]) await listen(t, instance, token)
  await until('it is asked', () => beta.requests().length >= 3)

  const { status } = await fetch(`${gateway.url}/notifications/beta`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({
      twinningNotification: {
        link: [{ rel: 'Twinning', href: `${beta.serverRoot}/twinning/v1${pathOf(watch, 's1')}` }],
      },
    }),
  })
  await wait(300)
  const after = await pollsWithin(1000, beta)

  assert.equal(status, 204)
  assert.equal(after.count, 0)
})

test('when nobody watches any more, nothing is asked any more', async (t) => {
  const gateway = await startGateway(t, { environment: quick })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  const { stop } = await listen(t, gateway, await gateway.token('twinning:read', watch))
  await until('it is asked', () => beta.requests().length >= 3)

  stop()
  await wait(300)

  assert.equal((await pollsWithin(700, beta)).count, 0)
})

test('with POLL_S=0 nothing is asked', async (t) => {
  const gateway = await startGateway(t, { environment: { ...quick, POLL_S: '0' } })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  await listen(t, gateway, await gateway.token('twinning:read', watch))
  await until('it has been read once', () => beta.requests().length === 1)

  assert.equal((await pollsWithin(700, beta)).count, 0)
})

test('two instances on one Redis ask about a device as often as one does, and both hear', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, {
    environment: { ...quick, POLL_PENDING_MS: '200', REDIS_URL: redis.url },
  })
  const other = await gateway.another()
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  const token = await gateway.token('twinning:read', watch)
  const streams = [await listen(t, gateway, token), await listen(t, other, token)]
  await until('it is asked', () => beta.requests().length >= 4)

  const { count } = await pollsWithin(2000, beta)
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'On' })
  await until('both hear', () => streams.every(({ heard }) => heard.length >= 1))

  // One alone: 8 to 13.
  assert.ok(count >= 4 && count <= 14, `asked ${count} times in two seconds`)
  for (const { heard } of streams)
    assert.deepEqual(heard[0], { kind: 'UPDATED', twinning: { name: null, twinningStatus: 'ON' } })
})

test('one operator is asked no more than POLL_PER_SECOND in all', async (t) => {
  const gateway = await startGateway(t, { environment: { ...quick, POLL_PER_SECOND: '5' } })
  const { beta } = gateway.sandbox.operators
  const devices = Array.from({ length: 20 }, (_, i) => `tel:+155603${10 + i}`)
  for (const device of devices) beta.seed({ ownAddress: device, id: 's1', twinningStatus: 'Pending' })
  const portal = await gateway.token('twinning:read:any')
  for (const device of devices) await listen(t, gateway, portal, device)
  await wait(500)

  const { count } = await pollsWithin(2000, beta)

  assert.ok(count >= 5 && count <= 12, `asked ${count} times in two seconds`)
})

test('an operator that is down is asked less and less often, and is heard again when it is back', async (t) => {
  const gateway = await startGateway(t, { environment: quick })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  const { heard } = await listen(t, gateway, await gateway.token('twinning:read', watch))
  await until('it is asked', () => beta.requests().length >= 3)
  beta.faults.add({ status: 503 })
  await wait(1500)

  const { count } = await pollsWithin(1500, beta)
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'On' })
  beta.faults.clear()
  await until('it is heard', () => heard.length === 1)

  // Each asking is tried three times at most; undiminished they would be some forty.
  assert.ok(count >= 1 && count <= 12, `asked ${count} times in 1.5 s`)
})

test('a change between a first read and the subscription is heard', async (t) => {
  const gateway = await startGateway(t, { environment: quick })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'as read' })
  const token = await gateway.token('twinning:read', watch)
  const read = await gateway.query(token, '{ twinningDevice { twinnings { nodes { name } } } }')

  beta.seed({ ownAddress: watch, id: 's1', name: 'changed since' })
  const { heard } = await listen(t, gateway, token)
  await until('it is heard', () => heard.length === 1)

  assert.equal(read.data.twinningDevice.twinnings.nodes[0].name, 'as read')
  assert.deepEqual(heard, [{ kind: 'UPDATED', twinning: { name: 'changed since', twinningStatus: 'ON' } }])
})

test('under OMA_AUTH=forward an operator is asked with the token of who watches', async (t) => {
  const gateway = await startGateway(t, {
    environment: quick,
    config: (config) => ({
      ...config,
      operators: config.operators.map((operator) => ({ ...operator, auth: { type: 'forward' } })),
    }),
  })
  const { beta } = gateway.sandbox.operators
  beta.settings.auth = 'none'
  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'Pending' })
  const token = await gateway.token('twinning:read', watch)
  const { heard } = await listen(t, gateway, token)
  await until('it is asked', () => beta.requests().length >= 3)

  beta.seed({ ownAddress: watch, id: 's1', twinningStatus: 'On' })
  await until('it is heard', () => heard.length === 1)

  assert.deepEqual(
    [...new Set(beta.requests().map(({ headers }) => headers.authorization))],
    [`Bearer ${token}`],
  )
})

test('an operator whose lists say less than its twinnings do is neither announced nor asked for it again and again', async (t) => {
  const operator = await startServer(t, ({ url }, response) => {
    const of = (name?: string) => wireTwinning(watch, 's1', name === undefined ? {} : { name })
    const isList = url?.endsWith('/twinnings')
    response.end(JSON.stringify(isList ? { twinningList: { twinning: [of()] } } : { twinning: of('more') }))
  })
  const gateway = await startInFrontOf(t, operator.url, { POLL_S: '0' })
  const token = await gateway.token('twinning:read', watch)
  const list = '{ twinningDevice { twinnings { nodes { id name } } } }'
  const { heard } = await listen(t, gateway, token)
  const { data } = await gateway.query(token, list)
  const one = 'query ($id: ID!) { twinning(id: $id) { name ... on SecondaryTwinning { authCode } } }'

  for (let i = 0; i < 5; i++) {
    await gateway.query(token, one, { id: data.twinningDevice.twinnings.nodes[0].id })
    await gateway.query(token, list)
  }

  assert.deepEqual(heard, [])
  assert.ok(operator.requests.length <= 3, operator.requests.join(', '))
})

test('a difference that somebody’s reading finds is told to those who watch, on other instances too', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, {
    environment: { POLL_S: '0', CACHE_TTL_S: '1', REDIS_URL: redis.url },
  })
  const other = await gateway.another()
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'old' })
  const token = await gateway.token('twinning:read', watch)
  const list = '{ twinningDevice { twinnings { nodes { name } } } }'
  const { heard } = await listen(t, other, token)
  await gateway.query(token, list)

  beta.seed({ ownAddress: watch, id: 's1', name: 'new' })
  await wait(1100)
  const { data } = await gateway.query(token, list)
  await until('it is heard', () => heard.length === 1)

  assert.equal(data.twinningDevice.twinnings.nodes[0].name, 'new')
  assert.deepEqual(heard, [{ kind: 'UPDATED', twinning: { name: 'new', twinningStatus: 'ON' } }])
})

test('under OMA_AUTH=forward, callers to whom an operator says different things do not disturb each other', async (t) => {
  const gateway = await startGateway(t, { sandbox: { seed: false } })
  const tokens = [
    await gateway.token('twinning:read', watch),
    await gateway.token('twinning:read:any', watch),
    await gateway.token('twinning:read:any twinning:voicemail', watch),
  ]
  let status = 'Pending'
  const operator = await startServer(t, ({ headers }, response) => {
    const who = tokens.findIndex((token) => headers.authorization === `Bearer ${token}`)
    // The third is nobody to this operator.
    if (who === 2) return response.writeHead(403).end()
    return response.end(
      JSON.stringify({ twinningList: { twinning: [wireTwinning(watch, 's1', { name: `as ${who}`, twinningStatus: status })] } }), // prettier-ignore
    )
  })
  const forwarding = await startGateway(t, {
    sandbox: gateway.sandbox,
    environment: {
      ...quick,
      OMA_SERVER_ROOT: operator.url,
      OMA_AUTH: 'forward',
      JWKS_URL: gateway.sandbox.issuer.jwksUrl,
    },
  })
  const streams: Awaited<ReturnType<typeof listen>>[] = []
  for (const token of [tokens[2], tokens[0], tokens[1]])
    streams.push(await listen(t, forwarding, token ?? ''))
  await wait(1500)
  const before = streams.map(({ heard }) => heard.length)

  status = 'On'
  await until('both hear', () => streams[1]?.heard.length === 1 && streams[2]?.heard.length === 1)

  assert.deepEqual(before, [0, 0, 0])
  assert.deepEqual(
    streams.slice(1).map(({ heard }) => heard[0]?.twinning?.name),
    ['as 0', 'as 1'],
  )
})
