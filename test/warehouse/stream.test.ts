// The stream of changes: what is in it, and that each change is there once.
import assert from 'node:assert/strict'
import test from 'node:test'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startRedisCluster } from '../support/redisCluster.ts'
import { learnIds } from '../support/twinnings.ts'
import { until } from '../support/until.ts'
import { listen, removeSilently } from '../watching/support.ts'
import { key, notify, openClient, readStream, startWorld, type Entry } from './support.ts'

const request = 'mutation { requestTwinning(input: { name: "myWatch" }) { twinning { id activationCode } } }'
const activate = 'mutation ($code: String!) { activateTwinning(input: { activationCode: $code, name: "myPhone" }) { twinning { id } userErrors { code } } }' // prettier-ignore
const rename = 'mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "renamed" }) { userErrors { code } } }' // prettier-ignore
const turnOff = 'mutation ($id: ID!) { setTwinningStatus(input: { id: $id, twinningStatus: OFF }) { userErrors { code } } }' // prettier-ignore
const remove = 'mutation ($id: ID!) { deleteTwinning(input: { id: $id }) { userErrors { code } } }'
const list = '{ twinningDevice { twinnings { nodes { id name } } } }'

/** What differs from entry to entry of one gateway. */
const told = (entries: readonly Entry[]) =>
  entries.map(({ kind, id, operator, toldBy }) => [kind, id, operator, toldBy])

/** A watch gets a twin, is renamed, turned off and removed; gives both ids, and what nobody but its device may know. */
async function story({ query, token }: Gateway) {
  const asWatch = await token('twinning:read twinning:write', watch)
  const made = await query(asWatch, request)
  const { id, activationCode: code } = made.data.requestTwinning.twinning as Record<string, string>
  const done = await query(await token('twinning:write', phone), activate, { code })
  for (const document of [rename, turnOff, remove]) {
    const { data, errors } = await query(asWatch, document, { id })
    assert.deepEqual([errors, Object.values(data)], [[], [{ userErrors: [] }]])
  }
  return { id, code, phoneId: done.data.activateTwinning.twinning.id as string }
}

test('each change that is made through the gateway is one entry, with the id that GraphQL gives, and nothing personal', async (t) => {
  const before = new Date().toISOString()
  const { gateway, entries } = await startWorld(t)

  const { id, phoneId, code = '' } = await story(gateway)
  const found = await entries(5)

  assert.deepEqual(told(found), [
    ['CREATED', id, 'beta', 'mutation'],
    ['CREATED', phoneId, 'alpha', 'mutation'],
    ['UPDATED', id, 'beta', 'mutation'],
    ['UPDATED', id, 'beta', 'mutation'],
    ['DELETED', id, 'beta', 'mutation'],
  ])
  const fields = ['schema', 'writer', 'number', 'kind', 'id', 'operator', 'toldBy', 'at']
  for (const [i, entry] of found.entries()) {
    assert.deepEqual(Object.keys(entry), fields)
    assert.deepEqual([entry.schema, entry.writer, entry.number], ['1', found[0]?.writer, String(i + 1)])
    assert.equal(new Date(entry.at ?? '').toISOString(), entry.at)
    assert.ok(before <= entry.at! && entry.at! <= new Date().toISOString(), entry.at)
  }
  const text = JSON.stringify(found)
  assert.ok(code.length > 3)
  for (const secret of [watch, phone, '5560101', '5550100', 'myWatch', 'myPhone', 'renamed', code])
    assert.ok(!text.includes(secret), secret)
})

test('a notification is an entry by itself, whatever it is about: it says no more', async (t) => {
  const { gateway, entries } = await startWorld(t)
  const { beta } = gateway.sandbox.operators
  const { heard } = await listen(t, gateway, await gateway.token('twinning:read', watch))
  await until('it knows what there is', () => beta.requests().length > 0)
  beta.seed({ ownAddress: watch, id: 's1' })

  await notify(gateway, beta, watch, ['s1'])

  const [id] = await learnIds(gateway, watch)
  assert.deepEqual(told(await entries(1)), [['UPDATED', id, 'beta', 'notification']])
  await until('the subscriber, who had none, is told that it is new', () => heard.length > 0)
})

test('what the gateway was told of before it is notified of it is CREATED once', async (t) => {
  const { gateway, entries } = await startWorld(t)
  const { beta } = gateway.sandbox.operators
  beta.notifyTo({ url: `${gateway.url}/notifications/beta`, secret: 'notify-secret' })
  await listen(t, gateway, await gateway.token('twinning:read', watch))

  const { data } = await gateway.query(await gateway.token('twinning:write', watch), request)
  const found = told(await entries(2)).sort()

  const { id } = data.requestTwinning.twinning as { id: string }
  assert.deepEqual(found, [
    ['CREATED', id, 'beta', 'mutation'],
    ['UPDATED', id, 'beta', 'notification'],
  ])
})

test('of two instances, that which learns of a change writes it, and the other does not', async (t) => {
  const { gateway: one, entries, client } = await startWorld(t, { POLL_S: '1', POLL_PER_SECOND: '1000' })
  const two = await one.another()
  const { beta } = one.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const token = await one.token('twinning:read twinning:write', watch)
  const ears = [await listen(t, one, token), await listen(t, two, token)]
  const hearAll = (count: number) =>
    until(`both have heard ${count}`, () => ears.every(({ heard }) => heard.length === count))
  const [id = ''] = await learnIds(one, watch)

  await removeSilently(beta, one.sandbox.accessToken, watch, 's1')
  await hearAll(1)
  await two.query(token, request)
  await hearAll(2)
  await notify(one, beta, watch, ['s1'])
  await entries(3)
  // Written after whatever another instance would have written of the three.
  for (const gateway of [one, two]) await notify(gateway, beta, phone.replace('555', '556'), ['last'])
  const found = await entries(5)

  assert.deepEqual(
    found.slice(0, 3).map(({ kind, toldBy }) => `${kind} ${toldBy}`),
    ['DELETED lookout', 'CREATED mutation', 'UPDATED notification'],
  )
  assert.deepEqual([found[0]?.id, found[2]?.id], [id, id])
  assert.equal(await client.xlen(key), 5)
  assert.equal(new Set(found.map(({ writer }) => writer)).size, 2)
})

test('what a reading finds to be other than it was is an entry', async (t) => {
  const { gateway, client } = await startWorld(t, { CACHE_TTL_S: '1', CACHE_STALE_S: '0' })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'old' })
  const token = await gateway.token('twinning:read', watch)
  const { data } = await gateway.query(token, list)
  const [{ id }] = data.twinningDevice.twinnings.nodes as [{ id: string }]

  beta.seed({ ownAddress: watch, id: 's1', name: 'new' })
  await until('it is no longer fresh, and read', async () => {
    await gateway.query(token, list)
    return (await client.xlen(key)) > 0
  })

  assert.deepEqual(told(await readStream(client)), [['UPDATED', id, 'beta', 'reading']])
})

test('the stream is cut to about its greatest length, and the numbers say what was cut off', async (t) => {
  const { gateway, client } = await startWorld(t, { CHANGE_STREAM_MAX_LENGTH: '100' })
  const ids = Array.from({ length: 1000 }, (_, n) => `s${n}`)

  await notify(gateway, gateway.sandbox.operators.beta, watch, ids)
  await until('all are written', async () => (await readStream(client)).at(-1)?.number === '1000')

  const numbers = (await readStream(client)).map(({ number }) => Number(number))
  assert.ok(numbers.length >= 100 && numbers.length <= 200, `${numbers.length}`)
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => 1001 - numbers.length + i),
  )
})

test('a Redis Cluster has it at the node whose the key is', async (t) => {
  const nodes = await startRedisCluster(t)
  const REDIS_URL = nodes.map(({ url }) => url).join()
  const gateway = await startGateway(t, { environment: { REDIS_URL, CHANGE_STREAM: key } })
  const { beta } = gateway.sandbox.operators

  await notify(gateway, beta, watch, ['s1', 's2'])

  const clients = nodes.map(({ url }) => openClient(t, url))
  const counts = () => Promise.all(clients.map((client) => client.xlen(key).catch(() => 0)))
  await until('both are there', async () => (await counts()).includes(2))
  assert.deepEqual((await counts()).sort(), [0, 0, 2])
})

test('without the setting nothing is written', async (t) => {
  const { gateway, client } = await startWorld(t, { CHANGE_STREAM: '' })

  await story(gateway)

  assert.doesNotMatch(await client.info('commandstats'), /cmdstat_xadd:/)
})
