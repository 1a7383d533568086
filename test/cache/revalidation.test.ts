// What is no longer fresh is asked about, and not asked for again: RFC 9110 §13, RFC 9111 §4.3, RFC 5861.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startGateway, watch } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { learnIds } from '../support/twinnings.ts'

const list = '{ twinningDevice { twinnings { nodes { name } } } }'
const one = 'query ($id: ID!) { twinning(id: $id) { name } }'

/** A gateway whose clock is moved by hand, where an answer is fresh for ten seconds. */
async function startAt(t: TestContext, environment: Record<string, string> = {}) {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const gateway = await startGateway(t, { environment: { CACHE_TTL_S: '10', ...environment } })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'first' })
  const token = await gateway.token('twinning:read twinning:write', watch, {
    exp: Math.floor(Date.now() / 1000) + 100_000,
  })
  /** What a query reads, and how the operator was asked for it. */
  const read = async (instance: typeof gateway, query: string, variables = {}) => {
    beta.clearRequests()
    const { data, errors } = await instance.query(token, query, variables)
    assert.deepEqual(errors, [])
    const asked = beta
      .requests()
      .map(({ method, headers }) => `${method}${headers['if-none-match'] ? ' if changed' : ''}`)
    const name = (data.twinning ?? data.twinningDevice?.twinnings.nodes[0])?.name as string | undefined
    return { name, asked }
  }
  return { gateway, beta, token, read, pass: (ms: number) => t.mock.timers.tick(ms) }
}

for (const [what, query] of [
  ['a list', list],
  ['a twinning', one],
] as const) {
  test(`${what} that has not changed is renewed by a 304`, async (t) => {
    const { gateway, read, pass } = await startAt(t)
    const [id] = await learnIds(gateway, watch)
    await read(gateway, query, { id })

    pass(10_001)
    const renewed = await read(gateway, query, { id })
    pass(8_900)
    const fresh = await read(gateway, query, { id })

    assert.deepEqual(renewed, { name: 'first', asked: ['GET if changed'] })
    assert.deepEqual(fresh, { name: 'first', asked: [] })
  })

  test(`${what} that has changed is what it is now`, async (t) => {
    const { gateway, beta, read, pass } = await startAt(t)
    const [id] = await learnIds(gateway, watch)
    await read(gateway, query, { id })

    beta.seed({ ownAddress: watch, id: 's1', name: 'second' })
    pass(10_001)

    assert.deepEqual(await read(gateway, query, { id }), { name: 'second', asked: ['GET if changed'] })
  })

  test(`${what} that another instance has read is asked about by its ETag, too`, async (t) => {
    const { url } = await startRedis(t)
    const { gateway, read, pass } = await startAt(t, { REDIS_URL: url })
    const [id] = await learnIds(gateway, watch)
    // What was learned along with the ids is too old for anything by then.
    pass(400_000)
    await read(gateway, query, { id })
    await wait(50)
    const other = await gateway.another()

    pass(10_001)

    assert.deepEqual(await read(other, query, { id }), { name: 'first', asked: ['GET if changed'] })
  })
}

test('after a change of one’s own nothing older is renewed', async (t) => {
  const { gateway, token, read, pass } = await startAt(t)
  const [id] = await learnIds(gateway, watch)
  await read(gateway, one, { id })
  await gateway.query(token, 'mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "mine" }) { userErrors { code } } }', { id }) // prettier-ignore
  pass(10_001)

  assert.deepEqual(await read(gateway, one, { id }), { name: 'mine', asked: ['GET'] })
})

test('where a slow operator is asked about what is no longer fresh, the older is answered soon, and the newer next', async (t) => {
  const { gateway, beta, read, pass } = await startAt(t)
  await read(gateway, list)
  beta.seed({ ownAddress: watch, id: 's1', name: 'second' })
  beta.faults.add({ delayMs: 500, times: 1 })
  pass(10_001)
  const started = performance.now()

  const first = await read(gateway, list)
  const ms = performance.now() - started
  await wait(600)
  const next = await read(gateway, list)

  assert.equal(first.name, 'first')
  assert.ok(ms < 400, `${Math.round(ms)} ms`)
  assert.equal(next.name, 'second')
})

test('what is Pending is waited for, however slow its operator is', async (t) => {
  const { gateway, beta, read, pass } = await startAt(t)
  beta.seed({ ownAddress: watch, id: 's1', name: 'pending', twinningStatus: 'Pending' })
  await read(gateway, list)
  beta.seed({ ownAddress: watch, id: 's1', name: 'on', twinningStatus: 'On' })
  beta.faults.add({ delayMs: 300, times: 1 })
  pass(2001)

  assert.equal((await read(gateway, list)).name, 'on')
})

test('that there is none is kept for two seconds, and undone by a change', async (t) => {
  const { gateway, beta, token, read, pass } = await startAt(t)
  const [id] = await learnIds(gateway, watch)
  const gone = await gateway.query(token, 'mutation ($id: ID!) { deleteTwinning(input: { id: $id }) { userErrors { code } } }', { id }) // prettier-ignore
  assert.deepEqual(gone.errors, [])

  const first = await read(gateway, one, { id })
  const second = await read(gateway, one, { id })
  beta.seed({ ownAddress: watch, id: 's1', name: 'again' })
  pass(2001)
  const later = await read(gateway, one, { id })

  assert.deepEqual(first, { name: undefined, asked: ['GET'] })
  assert.deepEqual(second, { name: undefined, asked: [] })
  assert.deepEqual(later, { name: 'again', asked: ['GET'] })
})
