// Whatever is asked, by whomever, and however often: with the fast path and without it, the answer is the same.
import assert from 'node:assert/strict'
import test from 'node:test'
import { listen } from '../../src/telemetry/channels.ts'
import { watch } from '../support/gateway.ts'
import { idsFrom, requests, tokensOf } from './requests.ts'
import { startBoth } from './support.ts'

for (const tags of ['on', 'off'])
  test(`every request, of every caller, again and again (CACHE_TAGS=${tags})`, async (t) => {
    const both = await startBoth(t, { CACHE_TAGS: tags })
    const ids = await idsFrom(both)
    assert.equal(ids.length, 3)
    const tokens = await tokensOf(both)

    for (const round of [1, 2, 3])
      for (const [who, token] of tokens)
        for (const [what, request] of Object.entries(requests(ids)))
          await both.ask(token, request, {}, `${round}: ${who}, ${what}`)

    // That it was the fast path that was compared.
    assert.ok(both.hits() > 100)
  })

test('media types, origins and all else that an answer may depend on', async (t) => {
  const both = await startBoth(t)
  const token = await both.fast.token('twinning:read twinning:voicemail', watch)
  const query = { query: '{ twinningDevice { twinnings { nodes { name } } } }' }
  for (const headers of [
    {},
    { accept: 'application/json' },
    { accept: 'application/graphql-response+json' },
    { accept: 'application/graphql-response+json, application/json;q=0.9' },
    { accept: 'text/html' },
    { accept: 'text/event-stream' },
    { accept: `${'x'.repeat(400)}/x` },
    { origin: 'https://elsewhere.example' },
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/json;charset=UTF-8' },
    { 'content-type': 'text/plain' },
    { 'content-encoding': 'gzip' },
  ])
    for (let times = 0; times < 3; times++) await both.ask(token, query, headers)

  assert.ok(both.hits() > 5)
})

test('what is refused without the fast path is refused with it, however much of it is at hand', async (t) => {
  let hits = 0
  for (const environment of [{ LIMIT_LIST_LENGTH: '3' }, { COST_MAX: '7' }, { COST_MAX: '3' }]) {
    const both = await startBoth(t, environment)
    const free = await both.fast.another({ COST_MAX: '1000', LIMIT_LIST_LENGTH: '1000', FAST_PATH: 'off' })
    const [s1, s2, p1] = await idsFrom({ ...both, fast: free })
    const token = await both.fast.token('twinning:read:any')
    const ask = (count: number, selection: string) =>
      both.ask(token, {
        query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { ${selection} } } }`,
        variables: { r: Array.from({ length: count }, (_, i) => ({ __typename: 'Twinning', id: [s1, s2, p1][i % 3] })) }, // prettier-ignore
      })

    for (const selection of [
      'id',
      'id otherDevice { name }',
      Array.from({ length: 20 }, (_, i) => `a${i}: id`).join(' '),
    ])
      // prettier-ignore
      for (const count of [1, 2, 3, 4, 5, 9, 9, 3, 1]) await ask(count, selection)

    hits += both.hits()
    t.mock.timers.reset()
  }
  assert.ok(hits > 5)
})

test('pages of other origins are told the same of an answer, whether or not it was at hand', async (t) => {
  const both = await startBoth(t, { CORS_ORIGINS: 'https://app.example,https://b.example' })
  const token = await both.fast.token('twinning:read', watch)
  const query = { query: '{ twinningDevice { twinnings { nodes { name } } } }' }
  for (let times = 0; times < 3; times++)
    for (const origin of ['https://app.example', 'https://b.example', 'https://evil.example', undefined]) {
      const { headers } = await both.ask(token, query, { ...(origin && { origin }) })
      assert.equal(headers.vary, 'authorization, accept, origin')
      const isAllowed = origin === 'https://app.example' || origin === 'https://b.example'
      assert.equal(headers['access-control-allow-origin'], isAllowed ? origin : undefined)
    }

  assert.equal(both.hits(), 8)
})

test('time passes: the answer is as old as what it was made from, and ends with it', async (t) => {
  const both = await startBoth(t)
  const token = await both.fast.token('twinning:read', watch, { exp: Math.floor(Date.now() / 1000) + 1000 })
  const query = { query: '{ twinningDevice { twinnings { nodes { name } } } }' }
  const ages: (string | undefined)[] = []

  // Lifetimes of 60 s, and tokens that are verified anew after as long.
  for (let times = 0; times < 9; times++) {
    ages.push((await both.ask(token, query)).headers['cache-control'])
    both.pass(15_000)
  }

  assert.deepEqual(ages.slice(0, 5), ['private, max-age=60', 'private, max-age=45', 'private, max-age=30', 'private, max-age=15', 'private, max-age=60']) // prettier-ignore
  assert.ok(both.hits() >= 3)
})

test('a token that has expired has expired', async (t) => {
  const both = await startBoth(t)
  const token = await both.fast.token('twinning:read', watch, { exp: Math.floor(Date.now() / 1000) + 30 })
  const query = { query: '{ twinningDevice { twinnings { nodes { name } } } }' }
  await both.ask(token, query)
  await both.ask(token, query)
  assert.equal(both.hits(), 1)

  both.pass(30_000)

  assert.equal((await both.ask(token, query)).status, 401)
  assert.equal(both.hits(), 0)
})

test('entities of which some have to be read again, and some are not there, as time passes', async (t) => {
  const both = await startBoth(t, { CACHE_STALE_S: '0' })
  const { alpha, beta } = both.fast.sandbox.operators
  alpha.settings.cacheControl = 'max-age=3'
  for (let n = 0; n < 8; n++) {
    beta.seed({ ownAddress: `tel:+155602${n}`, id: `t${n}`, name: `beta ${n}` })
    alpha.seed({ ownAddress: `tel:+155502${n}`, id: `t${n}`, role: 'Primary', name: `alpha ${n}` })
  }
  const exp = Math.floor(Date.now() / 1000) + 10_000
  const portal = await both.fast.token('twinning:read:any', undefined, { exp })
  const analyst = await both.fast.token('twinning:analytics', undefined, { exp })
  const devices = Array.from({ length: 8 }, (_, n) => [`tel:+155602${n}`, `tel:+155502${n}`]).flat()
  const { body } = await both.ask(portal, {
    query: 'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { nodes { id } } } }',
    variables: { a: devices },
  })
  const { data } = JSON.parse(body) as { data: Record<string, unknown> }
  const ids = (data.twinningDevices as { twinnings: { nodes: { id: string }[] } }[]).map(
    ({ twinnings }) => twinnings.nodes[0]?.id,
  )
  const query =
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name role ownAddress } } }'

  for (let step = 0; step < 60; step++) {
    // Another choice each time, some of it twice, now and then with what is not there.
    const chosen = ids.filter((_, n) => (step * 7 + n * 5) % 3 !== 0)
    const representations = [...chosen, ...chosen.slice(0, 2), ...(step % 5 === 0 ? ['nonsense'] : [])].map(
      (id) => ({ __typename: 'Twinning', id }),
    )
    for (const token of [portal, analyst])
      await both.ask(token, { query, variables: { r: representations } }, {}, `step ${step}`)
    both.pass(300)
  }

  assert.ok(both.hits() > 80)
})

test('what costs more than it may is refused, however much of it is at hand', async (t) => {
  const both = await startBoth(t, { COST_MAX: '5' })
  const token = await both.fast.token('twinning:read:any')
  const { data } = await both.fast.query(
    await both.fast.token('twinning:read', watch),
    '{ twinningDevice { twinnings(first: 1) { nodes { id } } } }',
  )
  const id = (data.twinningDevice?.twinnings.nodes as { id: string }[] | undefined)?.[0]?.id
  const ask = (count: number) =>
    both.ask(token, {
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name } } }',
      variables: { r: Array.from({ length: count }, () => ({ __typename: 'Twinning', id: id ?? 'x' })) },
    })

  const statuses = []
  for (const count of [1, 2, 4, 2, 20, 2, 200, 1])
    statuses.push((await ask(count)).body.includes('TOO_EXPENSIVE'))

  assert.deepEqual(statuses, [false, false, false, false, true, false, true, false])
})

test('bodies of any length, from callers who are known and from strangers', async (t) => {
  const both = await startBoth(t)
  const ids = await idsFrom(both)
  const token = await both.fast.token('twinning:read:any')
  const bodyOf = (count: number) => ({
    query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name } } }',
    variables: {
      r: Array.from({ length: count }, (_, n) => ({ __typename: 'Twinning', id: ids[n % ids.length] })),
    },
  })
  // A client that asks for nothing else: at first it is a stranger, and then its query is new.
  const headers = { accept: 'application/graphql-response+json' }

  for (let times = 0; times < 4; times++) await both.ask(token, bodyOf(4000), headers)
  assert.equal(both.hits(), 2)
  for (const count of [1, 10_000, 10_001]) await both.ask(token, bodyOf(count), headers)
  assert.equal(both.hits(), 2)
  for (const stranger of [undefined, 'forged', await both.fast.token('twinning:read', watch)])
    await both.ask(stranger, bodyOf(4000), headers)
  const tooLong = { ...bodyOf(1), more: 'x'.repeat(2_100_000) }
  for (let times = 0; times < 2; times++) await both.ask(token, tooLong, headers)
  assert.equal(both.hits(), 0)
})

test('a body that is longer than it should be is counted, where it is only measured', async (t) => {
  const both = await startBoth(t, { LIMIT_MODE: 'measure', LIMIT_BODY_BYTES: '1024' })
  const token = await both.fast.token('twinning:read', watch)
  let counted = 0
  t.after(listen('limit.exceeded', ({ limit }) => (counted += limit === 'body' ? 1 : 0)))
  const query = `{ twinningDevice { twinnings { totalCount } } } # ${'x'.repeat(1500)}`

  for (let times = 0; times < 3; times++) await both.ask(token, { query })

  assert.equal(counted, 6)
})
