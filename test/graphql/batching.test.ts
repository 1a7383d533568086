import assert from 'node:assert/strict'
import test from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { learnIds, pathOf, seedMany } from '../support/twinnings.ts'

const read = 'query ($ids: [ID!]!) { twinnings(ids: $ids) { name } }'

test('50 aliases of one twinning cost one read', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 1)
  const [id] = await learnIds(gateway, watch)
  const aliases = Array.from({ length: 50 }, (_, i) => `a${i}: twinning(id: $id) { name twinningStatus }`)

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read', watch),
    `query ($id: ID!) { ${aliases.join(' ')} }`,
    { id },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(Object.values(data), Array(50).fill({ name: 'tw-1', twinningStatus: 'ON' }))
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch, 'tw-1')}`])
})

test('50 aliases of one device’s twinnings, each another page, cost one read', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 50)
  const aliases = Array.from({ length: 50 }, (_, i) => `a${i}: twinnings(first: ${i}) { totalCount }`)

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read', watch),
    `{ twinningDevice { ${aliases.join(' ')} } again: twinningDevice { twinnings { totalCount } } }`,
  )

  assert.deepEqual(errors, [])
  assert.equal(Object.keys(data.twinningDevice).length, 50)
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

for (const [count, expected] of [
  [1, [`GET ${pathOf(watch, 'tw-1')}`]],
  [2, [`GET ${pathOf(watch)}`]],
  [20, [`GET ${pathOf(watch)}`]],
] as const)
  test(`${count} of one device’s twinnings by id cost one read: ${expected[0].endsWith('tw-1') ? 'its own' : 'the list'}`, async (t) => {
    const gateway = await startGateway(t)
    seedMany(gateway.sandbox.operators.beta, watch, 20)
    const ids = (await learnIds(gateway, watch)).slice(0, count)

    const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), read, { ids })

    assert.deepEqual(errors, [])
    assert.equal(data.twinnings.length, count)
    assert.deepEqual(upstreamTraffic(gateway.sandbox), expected)
  })

test('100 twinnings by id, of 10 devices, cost 10 list reads', async (t) => {
  const gateway = await startGateway(t)
  const addresses = Array.from({ length: 10 }, (_, i) => `tel:+1556000${i}`)
  for (const address of addresses) seedMany(gateway.sandbox.operators.beta, address, 10, address.slice(-1))
  const ids = await learnIds(gateway, ...addresses)

  const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), read, { ids })

  assert.deepEqual(errors, [])
  assert.deepEqual(
    (data.twinnings as { name: string }[]).map(({ name }) => name),
    addresses.flatMap((address) => Array.from({ length: 10 }, (_, n) => `${address.slice(-1)}-${n + 1}`)),
  )
  assert.deepEqual(
    upstreamTraffic(gateway.sandbox).sort(),
    addresses.map((address) => `GET ${pathOf(address)}`),
  )
})

test('what is cached is not read again: of two twinnings, the one that is missing is read by itself', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 3)
  const [one, two] = await learnIds(gateway, watch)
  const token = await gateway.token('twinning:read', watch)
  await gateway.query(token, read, { ids: [one] })
  clearTraffic(gateway.sandbox)

  await gateway.query(token, read, { ids: [one, two] })
  await gateway.query(token, read, { ids: [one, two] })

  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch, 'tw-2')}`])
})

test('a twinning in a list that the request reads anyway costs no read of its own', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 3)
  const [id] = await learnIds(gateway, watch)

  const { data } = await gateway.query(
    await gateway.token('twinning:read', watch),
    'query ($id: ID!) { twinning(id: $id) { name } twinningDevice { twinnings { totalCount } } }',
    { id },
  )

  assert.deepEqual(data, { twinning: { name: 'tw-1' }, twinningDevice: { twinnings: { totalCount: 3 } } })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

test('what a list has brought is known by its ids in the next request', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 3)
  const token = await gateway.token('twinning:read', watch)
  const { data } = await gateway.query(token, '{ twinningDevice { twinnings { nodes { id } } } }')
  const ids = (data.twinningDevice.twinnings.nodes as { id: string }[]).map(({ id }) => id)

  await gateway.query(token, read, { ids })

  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

test('20 levels from a device to its twinnings and back cost one read', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 1)
  const levels = 6
  const document = `{ twinningDevice { ${'twinnings { nodes { ownDevice { '.repeat(levels)} address ${'} } }'.repeat(levels)} } }`

  const { errors } = await gateway.query(await gateway.token('twinning:read', watch), document)

  assert.deepEqual(errors, [])
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

test('voicemailAccess of 20 Secondaries costs at most one read for each Primary', async (t) => {
  const gateway = await startGateway(t)
  const { alpha, beta } = gateway.sandbox.operators
  const primaries = [phone, 'tel:+15550102']
  for (let n = 0; n < 20; n++) {
    const secondary = `tel:+155601${10 + n}`
    const primary = primaries[n % 2] ?? ''
    beta.seed({ ownAddress: secondary, otherDevice: { address: primary } })
    alpha.seed({
      ownAddress: primary,
      role: 'Primary',
      otherDevice: { address: secondary },
      primaryDeviceVMAddress: `tel:+1555099${n % 2}`,
    })
  }
  const secondaries = Array.from({ length: 20 }, (_, n) => `tel:+155601${10 + n}`)

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read:any twinning:voicemail'),
    `query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { nodes {
      ... on SecondaryTwinning { a: voicemailAccess { address } b: voicemailAccess { address } }
    } } } }`,
    { a: secondaries },
  )

  const access = (n: number) => ({ address: `tel:+1555099${n % 2}` })
  assert.deepEqual(errors, [])
  assert.deepEqual(
    data.twinningDevices,
    secondaries.map((_, n) => ({ twinnings: { nodes: [{ a: access(n), b: access(n) }] } })),
  )
  assert.deepEqual(
    upstreamTraffic(gateway.sandbox).sort(),
    [...primaries, ...secondaries].map((address) => `GET ${pathOf(address)}`).sort(),
  )
})

test('the codes of 20 twinnings that came out of Redis cost one list read, not 20', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  const { beta } = gateway.sandbox.operators
  for (let n = 1; n <= 20; n++) beta.seed({ ownAddress: watch, authCode: `auth-${n}` })
  const other = await gateway.another()
  const token = await gateway.token('twinning:read', watch)
  await gateway.query(token, '{ twinningDevice { twinnings { totalCount } } }')
  clearTraffic(gateway.sandbox)

  const { data, errors } = await other.query(
    token,
    '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { authCode activationCode } } } } }',
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(
    data.twinningDevice.twinnings.nodes,
    Array.from({ length: 20 }, (_, n) => ({ authCode: `auth-${n + 1}`, activationCode: null })),
  )
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

test('after a change, the same request reads anew', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 1)
  const [id] = await learnIds(gateway, watch)
  const document = `mutation ($id: ID!) {
    a: renameTwinning(input: {id: $id, name: "a"}) { twinning { ownDevice { twinnings { nodes { name } } } } }
    b: renameTwinning(input: {id: $id, name: "b"}) { twinning { ownDevice { twinnings { nodes { name } } } } }
  }`

  const { data } = await gateway.query(await gateway.token('twinning:read twinning:write', watch), document, {
    id,
  })

  const named = (name: string) => ({ twinning: { ownDevice: { twinnings: { nodes: [{ name }] } } } })
  assert.deepEqual(data, { a: named('a'), b: named('b') })
  const one = ['GET', 'PUT'].map((method) => `${method} ${pathOf(watch, 'tw-1')}`)
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [
    ...one,
    `GET ${pathOf(watch)}`,
    ...one,
    `GET ${pathOf(watch)}`,
  ])
})
