// A fresh instance behind a Redis that has it all answers what execution would, and asks nobody but Redis, once.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { listen } from '../../src/telemetry/channels.ts'
import {
  clearTraffic,
  phone,
  startGateway,
  upstreamTraffic,
  watch,
  type Gateway,
} from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { idKey, seenOf, type Seen } from './support.ts'

const callers: Readonly<Record<string, { readonly scope: string; readonly address?: string }>> = {
  'a portal': { scope: 'twinning:read:any' },
  'an analyst': { scope: 'twinning:analytics' },
  'the watch': { scope: 'twinning:read', address: watch },
  'the phone': { scope: 'twinning:read twinning:voicemail', address: phone },
  'a watch that counts others': { scope: 'twinning:read twinning:analytics', address: watch },
  'a caller without scopes': { scope: '' },
}

const selections = [
  '... on Twinning { id role name twinningStatus ownAddress resourceURL otherDevice { address name } }',
  '__typename ... on PrimaryTwinning { mine: name } ... on Twinning { key: id otherDevice { a: address } }',
  '...T ...T ... on SecondaryTwinning { otherDevice { name } name }',
  '... on Device { __typename }',
]
const fragments =
  'fragment T on Twinning { state: twinningStatus otherDevice { address ... { __typename } } }'

type Reads = Readonly<Record<'memory' | 'redis' | 'none', number>>
/** What a client sees, which tiers had how many of the entities, and how many answers were not executed as a whole. */
type Told = { readonly seen: Seen; readonly reads: Reads; readonly hits: number }

type World = {
  readonly gateway: Gateway
  readonly ids: readonly string[]
  /** Another instance, which has nothing in its memory. */
  readonly fresh: (fastPath?: 'on' | 'off') => Promise<Gateway>
  readonly ask: (gateway: Gateway, token: string, selection: string, of: readonly object[]) => Promise<Told>
}

/** Twinnings of a watch, a phone and others, all of them in Redis; the clock stands still. */
async function start(t: TestContext, environment: Record<string, string> = {}): Promise<World> {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const { url } = await startRedis(t)
  const settings = { ID_KEY: idKey, REDIS_URL: url, CACHE_STALE_S: '0', ...environment }
  const gateway = await startGateway(t, { environment: { FAST_PATH: 'on', ...settings } })
  const { alpha, beta } = gateway.sandbox.operators
  for (const operator of [alpha, beta]) operator.settings.cacheControl = 'max-age=600'
  const twinningStatus = 'On'
  beta.seed({ ownAddress: watch, id: 's1', name: 'Wätch "1"', twinningStatus, otherDevice: { address: phone, name: '手机' } }) // prettier-ignore
  beta.seed({ ownAddress: watch, id: 's2', twinningStatus: 'Off', otherDevice: { address: phone } })
  alpha.seed({ ownAddress: phone, id: 'p1', role: 'Primary', name: 'phone', twinningStatus, otherDevice: { address: watch } }) // prettier-ignore
  for (let n = 0; n < 5; n++) beta.seed({ ownAddress: `tel:+155602${n}`, id: `t${n}`, name: `beta ${n}`, twinningStatus }) // prettier-ignore
  const devices = [watch, phone, ...Array.from({ length: 5 }, (_, n) => `tel:+155602${n}`)]
  const portal = await gateway.token('twinning:read:any')
  const { data } = await gateway.query(
    portal,
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { nodes { id } } } }',
    { a: devices },
  )
  const lists = data.twinningDevices as { twinnings: { nodes: { id: string }[] } }[]
  const ids = lists.flatMap(({ twinnings }) => twinnings.nodes.map(({ id }) => id))
  assert.equal(ids.length, 8)

  let reads = { memory: 0, redis: 0, none: 0 }
  let hits = 0
  t.after(listen('cache.read', ({ tier, count }) => (reads[tier] += count)))
  t.after(listen('answer.atHand', () => (hits += 1)))
  const ask: World['ask'] = async (instance, token, selection, of) => {
    ;[reads, hits] = [{ memory: 0, redis: 0, none: 0 }, 0]
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ${selection} } } ${selection.includes('...T') ? fragments : ''}`
    const seen = await seenOf(instance.url, token, { query, variables: { r: of } })
    return { seen, reads, hits }
  }
  const fresh = async (fastPath = 'on') => {
    const instance = await gateway.another({ FAST_PATH: fastPath })
    await until('it hears of evictions', async () => {
      const response = await fetch(`${instance.url}/health/ready`)
      return ((await response.json()) as { redis: string }).redis === 'up'
    })
    return instance
  }
  await until('it is in Redis', async () => {
    const { reads } = await ask(await gateway.another({ FAST_PATH: 'off' }), portal, '... on Twinning { id }', ids.map(twinning)) // prettier-ignore
    return reads.redis === ids.length
  })
  clearTraffic(gateway.sandbox)
  return { gateway, ids, fresh, ask }
}

const twinning = (id: string) => ({ __typename: 'Twinning', id })

for (const tags of ['on', 'off'])
  test(`every caller is told the same as without the fast path (CACHE_TAGS=${tags})`, async (t) => {
    const { gateway, ids, fresh, ask } = await start(t, { CACHE_TAGS: tags })
    const [s1 = '', s2 = '', p1 = ''] = ids
    const representations = [
      ...ids.map(twinning),
      { __typename: 'SecondaryTwinning', id: s2 },
      { __typename: 'PrimaryTwinning', id: p1 },
      // By the wrong role.
      { __typename: 'PrimaryTwinning', id: s1 },
      { __typename: 'SecondaryTwinning', id: p1 },
    ]
    for (const [n, [who, { scope, address }]] of Object.entries(callers).entries()) {
      const [fast, slow] = [await fresh(), await fresh('off')]
      const token = await gateway.token(scope, address)
      const portal = await gateway.token('twinning:read:any')
      // A caller is known once it has asked something.
      await ask(fast, token, '__typename', [])
      // Each caller begins with another one of them.
      for (const [m, selection] of [...selections.slice(n), ...selections.slice(0, n)].entries()) {
        // The query is known once somebody has asked it.
        await ask(fast, portal, selection, [twinning(s1)])
        const told = await ask(fast, token, selection, representations)
        const expected = await ask(slow, token, selection, representations)
        assert.deepEqual(told.seen, expected.seen, `${who}, ${selection}`)
        if (who === 'a portal' || who === 'an analyst') {
          // What is asked for several times is looked at as often, and was in memory from the query before: s1.
          const [memory, redis] = m === 0 ? [2, 10] : [12, 0]
          assert.deepEqual([told.hits, told.reads], [1, { memory, redis, none: 0 }], `${who}, ${selection}`)
        }
      }
    }
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

test('each entity is counted once, by the tier that had it', async (t) => {
  const { gateway, ids, fresh, ask } = await start(t)
  const fast = await fresh()
  const token = await gateway.token('twinning:read:any')
  const [selection = ''] = selections
  const [s1 = '', s2 = ''] = ids
  gateway.sandbox.operators.beta.seed({ ownAddress: 'tel:+155609', id: 'new', twinningStatus: 'On' })
  const other = await startGateway(t, { environment: { ID_KEY: idKey }, sandbox: gateway.sandbox })
  const { data } = await other.query(token, '{ twinningDevice(address: "tel:+155609") { twinnings { nodes { id } } } }') // prettier-ignore
  const nowhere = (data.twinningDevice as { twinnings: { nodes: [{ id: string }] } }).twinnings.nodes[0].id
  await ask(fast, token, selection, [twinning(s1)])

  const { reads, hits, seen } = await ask(fast, token, selection, [s1, nowhere, s2].map(twinning))

  assert.deepEqual([hits, reads], [1, { memory: 1, redis: 1, none: 1 }])
  assert.deepEqual((JSON.parse(seen.body) as { data: { _entities: { id: string }[] } }).data._entities.map(({ id }) => id), [s1, nowhere, s2]) // prettier-ignore
  const again = await ask(fast, token, selection, [s1, nowhere, s2].map(twinning))
  assert.deepEqual([again.hits, again.reads], [1, { memory: 3, redis: 0, none: 0 }])
  assert.equal(again.seen.body, seen.body)
})

test('what another instance has evicted meanwhile is not answered from Redis, nor from memory', async (t) => {
  const { gateway, ids, fresh, ask } = await start(t)
  const [fast, slow] = [await fresh(), await fresh('off')]
  const portal = await gateway.token('twinning:read:any')
  const owner = await gateway.token('twinning:read twinning:write', watch)
  const [selection = ''] = selections
  const [s1 = '', , p1 = ''] = ids
  await ask(fast, portal, selection, [twinning(p1)])

  for (const name of ['second', 'third']) {
    const { data } = await gateway.query(
      owner,
      'mutation ($id: ID!, $name: String!) { renameTwinning(input: {id: $id, name: $name}) { userErrors { code } } }',
      { id: s1, name },
    )
    assert.deepEqual(data.renameTwinning, { userErrors: [] })
    await until(
      'it is told',
      async () => (await ask(fast, portal, selection, [twinning(s1)])).seen.body.includes(name),
      500,
    )
    const [told, expected] = [
      await ask(fast, portal, selection, ids.map(twinning)),
      await ask(slow, portal, selection, ids.map(twinning)),
    ]
    assert.equal(told.seen.body, expected.seen.body)
    assert.ok(told.seen.body.includes(name))
  }
})

test('what is no longer fresh in Redis is missing there', async (t) => {
  const { gateway, ids, fresh, ask } = await start(t)
  const fast = await fresh()
  const claims = { exp: Math.floor(Date.now() / 1000) + 10_000 }
  const token = await gateway.token('twinning:read:any', undefined, claims)
  const [selection = ''] = selections
  const [s1 = '', s2 = ''] = ids
  await ask(fast, token, selection, [twinning(s1)])
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's2', name: 'later', twinningStatus: 'On' })

  t.mock.timers.tick(600_000)
  // Known again.
  await ask(fast, token, selection, [twinning(s1)])
  clearTraffic(gateway.sandbox)
  const { seen, reads } = await ask(fast, token, selection, [twinning(s2)])

  assert.ok(seen.body.includes('later'), seen.body)
  assert.deepEqual(reads, { memory: 0, redis: 0, none: 1 })
  assert.equal(upstreamTraffic(gateway.sandbox).length, 1)
})
