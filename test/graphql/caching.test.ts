// What layers above may keep of an answer, through the front door.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { learnIds, seedMany } from '../support/twinnings.ts'

const list = '{ twinningDevice { twinnings { nodes { name } } } }'

/** A gateway whose clock stands still, with a pair whose ids are known; the watch's operator says `max-age=60`. */
async function startPair(t: TestContext, environment: Record<string, string> = {}) {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const gateway = await startGateway(t, { environment })
  const { alpha, beta } = gateway.sandbox.operators
  beta.settings.cacheControl = 'max-age=60'
  alpha.seed({ ownAddress: phone, id: 'p1', role: 'Primary', otherDevice: { address: watch } })
  beta.seed({ ownAddress: watch, id: 's1', otherDevice: { address: phone } })
  const [primary = '', secondary = ''] = await learnIds(gateway, phone, watch)
  return { gateway, primary, secondary, pass: (ms: number) => t.mock.timers.tick(ms) }
}

const hours = () => ({ exp: Math.floor(Date.now() / 1000) + 36_000 })
const portal = ({ token }: Gateway) => token('twinning:read:any twinning:voicemail', undefined, hours())

function cacheControlOf({ headers }: { headers: Headers }): string | null {
  return headers.get('cache-control')
}

test('an answer may be kept as long as what it was made from is fresh, by the caller alone', async (t) => {
  const { gateway, pass } = await startPair(t)
  const asWatch = await gateway.token('twinning:read', watch, hours())

  const first = await gateway.query(asWatch, list)
  pass(20_500)
  const later = await gateway.query(asWatch, list)

  assert.equal(cacheControlOf(first), 'private, max-age=60')
  assert.equal(cacheControlOf(later), 'private, max-age=39')
  assert.equal(first.headers.get('vary'), 'authorization, accept')
})

test('the shortest-lived of several readings decides', async (t) => {
  const { gateway } = await startPair(t, { CACHE_TTL_S: '7' })

  const answer = await gateway.query(
    await portal(gateway),
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { totalCount } } }',
    { a: [watch, phone] },
  )

  assert.match(cacheControlOf(answer) ?? '', /^private, max-age=[67]$/)
})

test('a single twinning that has been held for ten seconds may be kept ten seconds less', async (t) => {
  const { gateway, secondary, pass } = await startPair(t)
  const one = 'query ($id: ID!) { twinning(id: $id) { twinningStatus } }'
  const token = await portal(gateway)

  await gateway.query(token, one, { id: secondary })
  pass(10_000)

  assert.equal(cacheControlOf(await gateway.query(token, one, { id: secondary })), 'private, max-age=50')
})

test('representations by the interface and by the type are kept alike', async (t) => {
  const { gateway, secondary } = await startPair(t)
  const token = await portal(gateway)
  const entities = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { twinningStatus } } }`

  const answers = []
  for (const typename of ['Twinning', 'SecondaryTwinning'])
    answers.push(await gateway.query(token, entities, { r: [{ __typename: typename, id: secondary }] }))

  assert.deepEqual(answers.map(cacheControlOf), ['private, max-age=60', 'private, max-age=60'])
  assert.deepEqual(answers[0]?.extensions, answers[1]?.extensions)
})

for (const [what, document, scope, address] of [
  ['an answer with an error', '{ twinningDevice(address: "tel:+15550100") { twinnings { totalCount } } }', 'twinning:read', watch], // prettier-ignore
  ['an answer that looked nothing up', '{ twinningDevice { address } }', 'twinning:read', watch],
  ['an activationCode, also where there is none', '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { activationCode } } } } }', 'twinning:read', watch], // prettier-ignore
  ['an authCode', '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { authCode } } } } }', 'twinning:read', watch], // prettier-ignore
  ['a change', 'mutation { requestTwinning(input: {}) { twinning { twinningStatus } } }', 'twinning:write', watch], // prettier-ignore
] as const)
  test(`nobody may keep ${what}`, async (t) => {
    const { gateway } = await startPair(t)

    const answer = await gateway.query(await gateway.token(scope, address, hours()), document)

    assert.equal(cacheControlOf(answer), 'no-store')
    assert.equal(answer.extensions?.apolloCacheTags, undefined)
  })

for (const [what, cacheControl, status] of [
  ['the operator forbids to keep', 'no-store', 'On'],
  ['is fresh for no whole second', 'max-age=0', 'On'],
] as const)
  test(`nobody may keep what ${what}`, async (t) => {
    const { gateway } = await startPair(t)
    gateway.sandbox.operators.beta.settings.cacheControl = cacheControl
    gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's2', twinningStatus: status })

    const answer = await gateway.query(await gateway.token('twinning:read', watch, hours()), list)

    assert.equal(cacheControlOf(answer), 'no-store')
  })

test('what is answered past its freshness, as the operator is away, is not to be kept', async (t) => {
  const { gateway, pass } = await startPair(t)
  const asWatch = await gateway.token('twinning:read', watch, hours())
  await gateway.query(asWatch, list)
  pass(61_000)
  gateway.sandbox.operators.beta.faults.add({ status: 503 })

  const answer = await gateway.query(asWatch, list)

  assert.deepEqual(answer.errors, [])
  assert.equal(cacheControlOf(answer), 'no-store')
})

test('where no token decides anything, anybody may keep it', async (t) => {
  const { gateway, secondary } = await startPair(t, { AUTH: 'off' })

  const answer = await gateway.query(undefined, 'query ($id: ID!) { twinning(id: $id) { twinningStatus } }', {
    id: secondary,
  })

  assert.equal(cacheControlOf(answer), 'public, max-age=60')
})

test('entities are tagged each in its place: by the twinning, its device, and whose voice mail was looked for', async (t) => {
  const { gateway, primary, secondary } = await startPair(t)
  const r = [
    { __typename: 'Twinning', id: primary },
    { __typename: 'Twinning', id: 'garbage' },
    { __typename: 'SecondaryTwinning', id: secondary },
    { __typename: 'Device', address: watch },
    { __typename: 'Device', address: watch, nothing: 'asked of it but the address' },
  ]

  const { extensions, errors } = await gateway.query(
    await portal(gateway),
    `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on Twinning { twinningStatus }
      ... on SecondaryTwinning { voicemailAccess { address } }
      ... on Device { twinnings { totalCount } }
    } }`,
    { r },
  )

  assert.deepEqual(errors, [])
  const tags = extensions?.apolloEntityCacheTags as string[][]
  const ofPhone = tags[0]?.[1] ?? ''
  const ofWatch = tags[3]?.[0] ?? ''
  assert.deepEqual(tags, [
    [`twinning-${primary}`, ofPhone],
    [],
    [`twinning-${secondary}`, ofWatch, ofPhone],
    [ofWatch],
    [ofWatch],
  ])
  assert.match(ofPhone, /^device-[\w-]{43}$/)
  assert.match(ofWatch, /^device-[\w-]{43}$/)
  assert.notEqual(ofPhone, ofWatch)
  assert.equal(extensions?.apolloCacheTags, undefined)
})

test('root fields are tagged together, the same on every instance', async (t) => {
  const { gateway, secondary } = await startPair(t)
  const document =
    'query ($id: ID!) { twinning(id: $id) { name } twinningDevice(address: "tel:+15550100") { twinnings { totalCount } } }'
  const other = await gateway.another()

  const answers = [
    await gateway.query(await portal(gateway), document, { id: secondary }),
    await other.query(await portal(gateway), document, { id: secondary }),
  ]

  const tags = answers[0]?.extensions?.apolloCacheTags as string[]
  assert.deepEqual(answers[1]?.extensions?.apolloCacheTags, tags)
  assert.equal(tags.length, 3)
  assert.ok(tags.includes(`twinning-${secondary}`))
})

test('whoever sees addresses masked is told no device’s tag, by which it could tell devices apart', async (t) => {
  const { gateway, secondary } = await startPair(t)

  const { extensions, data } = await gateway.query(
    await gateway.token('twinning:analytics', undefined, hours()),
    'query ($id: ID!) { twinning(id: $id) { ownAddress ownDevice { twinnings { totalCount } } } }',
    { id: secondary },
  )

  assert.equal(data.twinning.ownAddress, 'tel:+1556**01')
  assert.deepEqual(extensions, { apolloCacheTags: [`twinning-${secondary}`] })
})

test('somebody else’s twinning, and none, leave no tag', async (t) => {
  const { gateway, primary } = await startPair(t)

  const { data, extensions } = await gateway.query(
    await gateway.token('twinning:read', watch, hours()),
    'query ($id: ID!) { foreign: twinning(id: $id) { name } none: twinning(id: "garbage") { name } }',
    { id: primary },
  )

  assert.deepEqual(data, { foreign: null, none: null })
  assert.equal(extensions, undefined)
})

test('CACHE_TAGS=off leaves tags out, and the rest as it is', async (t) => {
  const { gateway } = await startPair(t, { CACHE_TAGS: 'off' })

  const answer = await gateway.query(await gateway.token('twinning:read', watch, hours()), list)

  assert.equal(answer.extensions, undefined)
  assert.equal(cacheControlOf(answer), 'private, max-age=60')
})

test('1,000 entities are tagged as one is', async (t) => {
  const { gateway } = await startPair(t)
  seedMany(gateway.sandbox.operators.beta, 'tel:+15567777', 20)
  const ids = await learnIds(gateway, 'tel:+15567777')

  const { extensions } = await gateway.query(
    await portal(gateway),
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { name } } }',
    { r: Array.from({ length: 1000 }, (_, i) => ({ __typename: 'Twinning', id: ids[i % 20] })) },
  )

  const tags = extensions?.apolloEntityCacheTags as string[][]
  assert.deepEqual(
    tags.map(([tag]) => tag),
    Array.from({ length: 1000 }, (_, i) => `twinning-${ids[i % 20]}`),
  )
})

test('what came early is not kept longer because something else came late', async (t) => {
  const { gateway } = await startPair(t)
  const { alpha, beta } = gateway.sandbox.operators
  alpha.settings.cacheControl = 'max-age=30'
  // The clock stands still but for what the slow operator takes.
  beta.faults.add({ delayMs: 300 })
  setTimeout(() => t.mock.timers.tick(5000), 150)

  const answer = await gateway.query(
    await portal(gateway),
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { totalCount } } }',
    { a: [phone, watch] },
  )

  assert.equal(cacheControlOf(answer), 'private, max-age=25')
})

test('counts are tagged by the devices that were named for them', async (t) => {
  const { gateway } = await startPair(t)

  const { extensions, headers } = await gateway.query(
    await gateway.token('twinning:analytics', undefined, hours()),
    `{ twinningStatistics(addresses: ["${phone}", "${watch}"]) { twinnings } }`,
  )

  assert.match(headers.get('cache-control') ?? '', /^private, max-age=\d+$/)
  const tags = extensions?.apolloCacheTags as string[]
  assert.deepEqual(
    tags.map((tag) => tag.split('-')[0]),
    ['device', 'device'],
  )
})

test('a masked list is tagged by the device where its address was named, and else by the ids that it shows', async (t) => {
  const { gateway, secondary } = await startPair(t)
  const token = await gateway.token('twinning:analytics', undefined, hours())

  const named = await gateway.query(
    token,
    `{ twinningDevice(address: "${watch}") { twinnings { totalCount } } }`,
  )
  const reached = await gateway.query(
    token,
    'query ($id: ID!) { twinning(id: $id) { ownDevice { twinnings { totalCount } } } }',
    { id: secondary },
  )

  assert.match((named.extensions?.apolloCacheTags as string[]).join(), /^device-[\w-]+$/)
  assert.deepEqual(reached.extensions?.apolloCacheTags, [`twinning-${secondary}`])
})

test('a twinning asked for by an id of an older key is tagged by its id of today', async (t) => {
  const [older, newer] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))
  const { gateway, secondary: old } = await startPair(t, { ID_KEY: older ?? '' })
  const today = await gateway.another({ ID_KEY: `${newer},${older}` })

  const { data, extensions } = await today.query(
    await portal(gateway),
    'query ($id: ID!) { twinning(id: $id) { id } }',
    { id: old },
  )

  assert.notEqual(data.twinning.id, old)
  assert.ok((extensions?.apolloCacheTags as string[]).includes(`twinning-${data.twinning.id}`))
  assert.ok(!(extensions?.apolloCacheTags as string[]).includes(`twinning-${old}`))
})

test('entities under another name have their positions too; asked for twice, there are none to tell', async (t) => {
  const { gateway, secondary } = await startPair(t)
  const r = [{ __typename: 'Twinning', id: secondary }]
  const entities = (name: string) => `${name}: _entities(representations: $r) { ... on Twinning { name } }`

  const once = await gateway.query(await portal(gateway), `query ($r: [_Any!]!) { ${entities('e')} }`, { r })
  const twice = await gateway.query(
    await portal(gateway),
    `query ($r: [_Any!]!) { ${entities('e')} ${entities('f')} }`,
    { r },
  )

  const tags = (once.extensions?.apolloEntityCacheTags as string[][])[0] ?? []
  assert.equal(tags[0], `twinning-${secondary}`)
  assert.deepEqual(twice.extensions, { apolloCacheTags: tags })
})
