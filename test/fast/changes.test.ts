// An answer that is at hand is void in the same instant as what it was made from.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { listen } from '../../src/telemetry/channels.ts'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { learnIds } from '../support/twinnings.ts'
import { until } from '../support/until.ts'

const list = '{ twinningDevice { twinnings { nodes { name } } } }'
const entities =
  'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name twinningStatus } } }'
const rename =
  'mutation ($id: ID!, $name: String!) { renameTwinning(input: {id: $id, name: $name}) { userErrors { code } } }'

type World = {
  readonly gateway: Gateway
  readonly id: string
  /** The names in both kinds of answers, and how many of the two were at hand. */
  readonly read: (instance?: Gateway) => Promise<{ names: unknown[]; hits: number }>
  readonly write: (name: string, instance?: Gateway) => Promise<void>
}

async function start(t: TestContext, environment: Record<string, string> = {}): Promise<World> {
  const gateway = await startGateway(t, { environment: { CACHE_TTL_S: '600', ...environment } })
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const [id] = await learnIds(gateway, watch)
  const token = await gateway.token('twinning:read twinning:write', watch)
  let hits = 0
  t.after(listen('answer.atHand', () => (hits += 1)))
  return {
    gateway,
    id: id!,
    read: async (instance = gateway) => {
      hits = 0
      const one = await instance.query(token, list)
      const other = await instance.query(token, entities, { r: [{ __typename: 'Twinning', id }] })
      return { names: [one.data.twinningDevice.twinnings.nodes[0].name, other.data._entities[0].name], hits }
    },
    write: async (name, instance = gateway) => {
      const { data } = await instance.query(token, rename, { id, name })
      assert.deepEqual(data.renameTwinning.userErrors, [])
    },
  }
}

const first = ['first', 'first']
const second = ['second', 'second']

test('what is asked again is at hand, whole answers and entities alike', async (t) => {
  const { read } = await start(t)
  const kinds: string[] = []
  t.after(listen('answer.atHand', ({ kind }) => kinds.push(kind)))
  await read()

  assert.deepEqual(await read(), { names: first, hits: 2 })
  assert.deepEqual(kinds, ['answer', 'entities'])
})

test('a change through this instance', async (t) => {
  const { read, write } = await start(t)
  await read()
  await read()

  for (let n = 0; n < 20; n++) {
    await write(`name ${n}`)
    assert.deepEqual((await read()).names, [`name ${n}`, `name ${n}`])
    assert.deepEqual(await read(), { names: [`name ${n}`, `name ${n}`], hits: 2 })
  }
})

test('a change that the operator tells of', async (t) => {
  const { gateway, read } = await start(t)
  await read()
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'second' })
  assert.deepEqual(await read(), { names: first, hits: 2 })

  const href = `${gateway.sandbox.operators.beta.serverRoot}/twinning/v1/${encodeURIComponent(watch)}/twinnings/s1`
  const { status } = await fetch(`${gateway.url}/notifications/beta`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({ twinningNotification: { link: [{ rel: 'Twinning', href }] } }),
  })

  assert.equal(status, 204)
  assert.deepEqual((await read()).names, second)
})

test('a change through another instance, from the moment that Redis has told of it', async (t) => {
  const { url } = await startRedis(t)
  const { gateway, read, write } = await start(t, { REDIS_URL: url })
  const other = await gateway.another()
  await read()
  await read()

  await write('second', other)

  await until('it is read', async () => (await read()).names.every((name) => name === 'second'), 500)
})

test('while evictions by others may go unheard, nothing is at hand', async (t) => {
  const redis = await startRedis(t)
  const { read, gateway } = await start(t, { REDIS_URL: redis.url })
  await until('it listens', async () => {
    const response = await fetch(`${gateway.url}/health/ready`)
    return ((await response.json()) as { redis: string }).redis === 'up'
  })
  await read()
  await until('it is at hand', async () => (await read()).hits === 2)

  await redis.stop()
  await until('nothing is at hand', async () => (await read()).hits === 0, 2000)
  await redis.restart()
  await until('it is at hand again', async () => (await read()).hits === 2, 5000)
})

test('a voice mail address that stands with the Primary changes with that', async (t) => {
  const { gateway } = await start(t)
  const { alpha, beta } = gateway.sandbox.operators
  const seedPrimary = (primaryDeviceVMAddress: string) =>
    alpha.seed({ ownAddress: phone, id: 'p1', role: 'Primary', otherDevice: { address: watch }, primaryDeviceVMAddress }) // prettier-ignore
  beta.seed({ ownAddress: watch, id: 's1', otherDevice: { address: phone } })
  seedPrimary('tel:+15550001')
  const token = await gateway.token('twinning:read twinning:voicemail', watch)
  const read = async () => {
    const { data } = await gateway.query(
      token,
      '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { voicemailAccess { address } } } } } }',
    )
    return data.twinningDevice.twinnings.nodes[0].voicemailAccess?.address as string
  }
  assert.deepEqual([await read(), await read()], ['tel:+15550001', 'tel:+15550001'])

  seedPrimary('tel:+15550002')
  const href = `${alpha.serverRoot}/twinning/v1/${encodeURIComponent(phone)}/twinnings/p1`
  await fetch(`${gateway.url}/notifications/alpha`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({ twinningNotification: { link: [{ rel: 'Twinning', href }] } }),
  })

  assert.equal(await read(), 'tel:+15550002')
})

test('a code is never part of what is kept', async (t) => {
  const { gateway } = await start(t)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's2', authCode: 'secret' })
  const token = await gateway.token('twinning:read', watch)
  const codes = '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { authCode } } } } }'
  let hits = 0
  t.after(listen('answer.atHand', () => (hits += 1)))

  for (let times = 0; times < 3; times++) {
    const { data, headers } = await gateway.query(token, codes)
    assert.ok(JSON.stringify(data).includes('secret'))
    assert.equal(headers.get('cache-control'), 'no-store')
  }

  assert.equal(hits, 0)
})

test('under OMA_AUTH=forward an answer is for its own token', async (t) => {
  const gateway = await startGateway(t, {
    config: (config) => ({
      ...config,
      operators: config.operators.map((operator) => ({ ...operator, auth: { type: 'forward' } })),
    }),
  })
  const { beta } = gateway.sandbox.operators
  beta.settings.auth = 'none'
  beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const tokens = [1, 2].map((sub) => gateway.token('twinning:read', watch, { sub: String(sub) }))
  const [one, other] = await Promise.all(tokens)
  let hits = 0
  t.after(listen('answer.atHand', () => (hits += 1)))

  for (const token of [one, other, one, other]) await gateway.query(token, list)

  assert.equal(hits, 2)
  assert.equal(beta.requests().length, 2)
})

test('who asks the same at once waits for the one that is executed', async (t) => {
  const { gateway } = await start(t)
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: 'tel:+15560155', id: 'other', name: 'other' })
  const portal = await gateway.token('twinning:read:any')
  const query = 'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { nodes { name } } } }'
  await gateway.query(portal, query, { a: watch })
  beta.faults.add({ delayMs: 30 })
  beta.clearRequests()
  let hits = 0
  t.after(listen('answer.atHand', () => (hits += 1)))

  const answers = await Promise.all(
    Array.from({ length: 50 }, () => gateway.query(portal, query, { a: 'tel:+15560155' })),
  )

  for (const { data, errors } of answers) {
    assert.deepEqual(errors, [])
    assert.deepEqual(data, { twinningDevice: { twinnings: { nodes: [{ name: 'other' }] } } })
  }
  assert.equal(beta.requests().length, 1)
  assert.ok(hits > 25, `${hits} of 50`)
})

test('who waits for one that fails is answered all the same', async (t) => {
  const { gateway } = await start(t)
  const { beta } = gateway.sandbox.operators
  const portal = await gateway.token('twinning:read:any')
  const query = 'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { totalCount } } }'
  await gateway.query(portal, query, { a: watch })
  beta.faults.add({ status: 400, delayMs: 20, times: 1 })

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => gateway.query(portal, query, { a: 'tel:+15560156' })),
  )

  assert.ok(answers.some(({ errors }) => errors.length === 1))
  assert.deepEqual((await gateway.query(portal, query, { a: 'tel:+15560156' })).errors, [])
})
