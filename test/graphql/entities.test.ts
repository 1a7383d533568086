import assert from 'node:assert/strict'
import test from 'node:test'
import { phone, startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { learnIds, pathOf, seedMany } from '../support/twinnings.ts'

const entities = `query ($r: [_Any!]!) { _entities(representations: $r) {
  __typename
  ... on Twinning { name twinningStatus }
  ... on Device { address twinnings { totalCount } }
} }`

async function seedBoth(gateway: Gateway): Promise<[primary: string, secondary: string]> {
  const { alpha, beta } = gateway.sandbox.operators
  alpha.seed({ ownAddress: phone, id: 'p1', role: 'Primary', name: 'primary' })
  beta.seed({ ownAddress: watch, id: 's1', role: 'Secondary', name: 'secondary' })
  const [primary = '', secondary = ''] = await learnIds(gateway, phone, watch)
  return [primary, secondary]
}

test('each end resolves by its own type and by the interface, and not by the other type', async (t) => {
  const gateway = await startGateway(t)
  const [primary, secondary] = await seedBoth(gateway)
  const P = { __typename: 'PrimaryTwinning', name: 'primary', twinningStatus: 'ON' }
  const S = { __typename: 'SecondaryTwinning', name: 'secondary', twinningStatus: 'ON' }

  const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), entities, {
    r: [
      { __typename: 'Twinning', id: primary },
      { __typename: 'PrimaryTwinning', id: primary },
      { __typename: 'SecondaryTwinning', id: primary },
      { __typename: 'Twinning', id: secondary },
      { __typename: 'SecondaryTwinning', id: secondary },
      { __typename: 'PrimaryTwinning', id: secondary },
    ],
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data, { _entities: [P, P, null, S, S, null] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox).sort(), [
    `GET ${pathOf(phone, 'p1')}`,
    `GET ${pathOf(watch, 's1')}`,
  ])
})

test('a Device resolves by any spelling of its address', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 2)

  const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), entities, {
    r: [
      { __typename: 'Device', address: watch },
      { __typename: 'Device', address: 'TEL:+1(556)01-01' },
    ],
  })

  const device = { __typename: 'Device', address: watch, twinnings: { totalCount: 2 } }
  assert.deepEqual(errors, [])
  assert.deepEqual(data, { _entities: [device, device] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

for (const [what, representation] of [
  ['garbage as an id', { __typename: 'Twinning', id: 'garbage' }],
  ['no id', { __typename: 'Twinning' }],
  ['a number as an id', { __typename: 'SecondaryTwinning', id: 7 }],
  ['an object as an id', { __typename: 'PrimaryTwinning', id: {} }],
] as const)
  test(`${what} leads to null beside what is there`, async (t) => {
    const gateway = await startGateway(t)
    const [primary] = await seedBoth(gateway)

    const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), entities, {
      r: [representation, { __typename: 'Twinning', id: primary }],
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data, {
      _entities: [null, { __typename: 'PrimaryTwinning', name: 'primary', twinningStatus: 'ON' }],
    })
  })

for (const address of ['garbage', undefined, null, 7, ['tel:+15560101']])
  test(`${address === undefined ? 'a missing address' : JSON.stringify(address)} is no Device: null and BAD_USER_INPUT, beside those that are`, async (t) => {
    const gateway = await startGateway(t)

    const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), entities, {
      r: [
        { __typename: 'Device', address },
        { __typename: 'Device', address: watch },
      ],
    })

    assert.deepEqual(data, {
      _entities: [null, { __typename: 'Device', address: watch, twinnings: { totalCount: 0 } }],
    })
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      [
        {
          message: 'expected a tel:, sip:, sips: or acr: URI, such as tel:+15550101',
          path: ['_entities', 0],
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    )
  })

for (const [what, representation] of [
  ['an unknown type', { __typename: 'Nope', id: 'x' }],
  ['a type that is no entity', { __typename: 'PageInfo' }],
  ['no type', {}],
  ['a type that is no text', { __typename: 7 }],
  ['no object', 'x'],
] as const)
  test(`${what} costs its own representation, and lets none of the others fall`, async (t) => {
    const gateway = await startGateway(t)
    const [primary] = await seedBoth(gateway)
    gateway.sandbox.operators.beta.faults.add({ status: 503 })

    const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), entities, {
      r: [
        { __typename: 'Device', address: 'garbage' },
        { __typename: 'Twinning', id: primary },
        representation,
        { __typename: 'Device', address: watch },
      ],
    })

    assert.deepEqual(data._entities[1], {
      __typename: 'PrimaryTwinning',
      name: 'primary',
      twinningStatus: 'ON',
    })
    assert.deepEqual(data._entities[2], null)
    assert.deepEqual(errors.map(({ path, extensions }) => [path, extensions.code]).sort(), [
      [['_entities', 0], 'BAD_USER_INPUT'],
      [['_entities', 2], 'BAD_USER_INPUT'],
      [['_entities', 3, 'twinnings'], 'UPSTREAM_UNAVAILABLE'],
    ])
  })

test("somebody else's entities are null, or without their twinnings", async (t) => {
  const gateway = await startGateway(t)
  const [primary, secondary] = await seedBoth(gateway)

  const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), entities, {
    r: [
      { __typename: 'Twinning', id: primary },
      { __typename: 'PrimaryTwinning', id: primary },
      { __typename: 'Device', address: phone },
      { __typename: 'Twinning', id: secondary },
    ],
  })

  assert.deepEqual(data, {
    _entities: [
      null,
      null,
      { __typename: 'Device', address: phone, twinnings: null },
      { __typename: 'SecondaryTwinning', name: 'secondary', twinningStatus: 'ON' },
    ],
  })
  assert.deepEqual(
    errors.map(({ path, extensions }) => ({ path, extensions })),
    [{ path: ['_entities', 2, 'twinnings'], extensions: { code: 'FORBIDDEN' } }],
  )
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch, 's1')}`])
})

test('an operator that fails costs its own entities alone', async (t) => {
  const gateway = await startGateway(t)
  const [primary, secondary] = await seedBoth(gateway)
  gateway.sandbox.operators.alpha.faults.add({ reset: true })

  const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), entities, {
    r: [
      { __typename: 'Twinning', id: primary },
      { __typename: 'SecondaryTwinning', id: secondary },
    ],
  })

  assert.deepEqual(data, {
    _entities: [null, { __typename: 'SecondaryTwinning', name: 'secondary', twinningStatus: 'ON' }],
  })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message: 'operator alpha could not be reached',
        path: ['_entities', 0],
        extensions: { code: 'UPSTREAM_UNAVAILABLE' },
      },
    ],
  )
})

for (const [what, typename] of [
  ['by the interface', 'Twinning'],
  ['by their own type', 'SecondaryTwinning'],
])
  test(`1,000 twinnings of 100 devices, named ${what}, cost 100 reads`, async (t) => {
    const gateway = await startGateway(t)
    const addresses = Array.from({ length: 100 }, (_, i) => `tel:+1556${1000 + i}`)
    for (const address of addresses) seedMany(gateway.sandbox.operators.beta, address, 10, address.slice(-4))
    const ids = await learnIds(gateway, ...addresses)

    const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), entities, {
      r: ids.map((id) => ({ __typename: typename, id })),
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(
      (data._entities as { name: string }[]).map(({ name }) => name),
      addresses.flatMap((address) => Array.from({ length: 10 }, (_, n) => `${address.slice(-4)}-${n + 1}`)),
    )
    assert.deepEqual(
      upstreamTraffic(gateway.sandbox).sort(),
      addresses.map((address) => `GET ${pathOf(address)}`),
    )
  })

test('1,000 Devices of 100 addresses cost 100 reads', async (t) => {
  const gateway = await startGateway(t)
  const addresses = Array.from({ length: 100 }, (_, i) => `tel:+1556${1000 + i}`)

  const { data, errors } = await gateway.query(await gateway.token('twinning:read:any'), entities, {
    r: Array.from({ length: 1000 }, (_, i) => ({ __typename: 'Device', address: addresses[i % 100] })),
  })

  assert.deepEqual(errors, [])
  assert.equal(data._entities.length, 1000)
  assert.equal(upstreamTraffic(gateway.sandbox).length, 100)
})
