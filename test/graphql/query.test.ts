import assert from 'node:assert/strict'
import test from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { learnIds, pathOf, seedMany } from '../support/twinnings.ts'

test('a twinning is answered by its id with every field of its own type', async (t) => {
  const gateway = await startGateway(t)
  const { query, sandbox } = gateway
  const { alpha, beta } = sandbox.operators
  alpha.seed({
    ownAddress: phone,
    id: 'p1',
    role: 'Primary',
    name: 'myPhone',
    otherDevice: { address: watch, name: 'myWatch' },
    primaryDeviceVMAddress: 'tel:+15550999',
  })
  beta.seed({
    ownAddress: watch,
    id: 's1',
    otherDevice: { address: phone },
    authCode: 'auth-1',
    primaryDeviceVMAddress: 'tel:+15550999',
  })
  const [primary, secondary] = await learnIds(gateway, phone, watch)
  const asWatch = await gateway.token('twinning:read:any twinning:voicemail', watch)

  const { data, errors } = await query(
    asWatch,
    `query ($primary: ID!, $secondary: ID!) {
      primary: twinning(id: $primary) { ...every }
      secondary: twinning(id: $secondary) {
        ...every
        ... on SecondaryTwinning { activationCode authCode voicemailAccess { address } }
      }
    }
    fragment every on Twinning {
      __typename id role name twinningStatus ownAddress resourceURL
      otherDevice { address name device { address } }
      ownDevice { address }
    }`,
    { primary, secondary },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data, {
    primary: {
      __typename: 'PrimaryTwinning',
      id: primary,
      role: 'PRIMARY',
      name: 'myPhone',
      twinningStatus: 'ON',
      ownAddress: phone,
      resourceURL: `${alpha.serverRoot}/twinning/v1${pathOf(phone, 'p1')}`,
      otherDevice: { address: watch, name: 'myWatch', device: { address: watch } },
      ownDevice: { address: phone },
    },
    secondary: {
      __typename: 'SecondaryTwinning',
      id: secondary,
      role: 'SECONDARY',
      name: null,
      twinningStatus: 'ON',
      ownAddress: watch,
      resourceURL: `${beta.serverRoot}/twinning/v1${pathOf(watch, 's1')}`,
      otherDevice: { address: phone, name: null, device: { address: phone } },
      ownDevice: { address: watch },
      activationCode: null,
      authCode: 'auth-1',
      voicemailAccess: { address: 'tel:+15550999' },
    },
  })
  assert.deepEqual(upstreamTraffic(sandbox).sort(), [
    `GET ${pathOf(phone, 'p1')}`,
    `GET ${pathOf(watch, 's1')}`,
  ])
})

test('an id carries no phone number in the clear and is the same on every instance', async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 'tw-1' })

  const [[one = ''], [other]] = [await learnIds(gateway, watch), await learnIds(gateway, watch)]

  assert.equal(one, other)
  assert.match(one, /^[\w-]+$/)
  assert.doesNotMatch(Buffer.from(one, 'base64url').toString('latin1'), /1556|tw-1|beta/)
})

for (const [what, spoil] of [
  ['text that is no id', () => 'garbage'],
  ['an empty id', () => ''],
  ['a truncated id', (id: string) => id.slice(0, -1)],
  ['an id with one bit changed', (id: string) => (id.startsWith('A') ? 'B' : 'A') + id.slice(1)],
  ['an id of 10,000 characters', (id: string) => id.padEnd(10_000, 'A')],
] as const)
  test(`${what} leads to null, and no operator is asked`, async (t) => {
    const gateway = await startGateway(t)
    gateway.sandbox.operators.beta.seed({ ownAddress: watch })
    const [id = ''] = await learnIds(gateway, watch)

    const { data, errors } = await gateway.query(
      await gateway.token('twinning:read', watch),
      'query ($id: ID!) { twinning(id: $id) { id } twinnings(ids: [$id]) { id } }',
      { id: spoil(id) },
    )

    assert.deepEqual({ data, errors }, { data: { twinning: null, twinnings: [null] }, errors: [] })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

test("somebody else's twinning is null, as if it did not exist, and no operator is asked", async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch })
  const [id] = await learnIds(gateway, watch)

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read', phone),
    'query ($id: ID!) { twinning(id: $id) { id } twinnings(ids: [$id]) { id } }',
    { id },
  )

  assert.deepEqual({ data, errors }, { data: { twinning: null, twinnings: [null] }, errors: [] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})

test('a twinning that its operator does not have any more is null', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 'gone' })
  const [id] = await learnIds(gateway, watch)
  beta.seed({ ownAddress: 'tel:+15560102', id: 'gone' })

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read', watch),
    'query ($id: ID!) { twinning(id: $id) { id } }',
    { id },
  )

  assert.deepEqual({ data, errors }, { data: { twinning: null }, errors: [] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch, 'gone')}`])
})

test('twinnings come in the order asked, repeated ones as often, null where there is none', async (t) => {
  const gateway = await startGateway(t)
  const { alpha, beta } = gateway.sandbox.operators
  seedMany(beta, watch, 3, 'w')
  seedMany(alpha, phone, 1, 'p')
  const [w1, w2, w3, p1] = await learnIds(gateway, watch, phone)

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read:any'),
    'query ($ids: [ID!]!) { twinnings(ids: $ids) { name } }',
    { ids: [w3, 'garbage', p1, w1, w3, w2] },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(
    (data.twinnings as ({ name: string } | null)[]).map((twinning) => twinning?.name ?? null),
    ['w-3', null, 'p-1', 'w-1', 'w-3', 'w-2'],
  )
})

test("one operator's failure costs the others' twinnings nothing", async (t) => {
  const gateway = await startGateway(t)
  const { alpha, beta } = gateway.sandbox.operators
  seedMany(alpha, phone, 1, 'p')
  seedMany(beta, watch, 1, 'w')
  const [p1, w1] = await learnIds(gateway, phone, watch)
  beta.faults.add({ status: 500, body: '' })

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read:any'),
    'query ($ids: [ID!]!) { twinnings(ids: $ids) { name } }',
    { ids: [w1, p1] },
  )

  assert.deepEqual(data, { twinnings: [null, { name: 'p-1' }] })
  assert.deepEqual(
    errors.map(({ message, path, extensions: { code } }) => ({ message, path, code })),
    [
      {
        message: 'operator beta answered with HTTP status 500',
        path: ['twinnings', 0],
        code: 'UPSTREAM_UNAVAILABLE',
      },
    ],
  )
})

test('twinningDevice without an address is the device that the token was issued to', async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { data } = await query(await token('twinning:read', watch), '{ twinningDevice { address } }')

  assert.deepEqual(data, { twinningDevice: { address: watch } })
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('twinningDevice without any address is the caller’s mistake', async (t) => {
  const { query, token } = await startGateway(t)

  const { data, errors } = await query(await token('twinning:read:any'), '{ twinningDevice { address } }')

  assert.deepEqual(data, { twinningDevice: null })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message: 'address is needed, as the access token was not issued to a device',
        path: ['twinningDevice'],
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  )
})

test('twinningDevices come in the order asked, in normal form, whether anybody serves them or not', async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { data, errors } = await query(
    await token('twinning:read', watch),
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { address } }',
    { a: ['tel:+1-556-0101', 'SIP:Car@Elsewhere.Example', phone, watch] },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data, {
    twinningDevices: [
      { address: watch },
      { address: 'sip:Car@elsewhere.example' },
      { address: phone },
      { address: watch },
    ],
  })
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

for (const address of ['tel:', '+15560101', 'mailto:a@b.example', 'javascript:alert(1)', '', 42])
  test(`${JSON.stringify(address)} is no device address: BAD_USER_INPUT`, async (t) => {
    const { query, token } = await startGateway(t)

    const { data, errors } = await query(
      await token('twinning:read', watch),
      'query ($a: DeviceAddress) { twinningDevice(address: $a) { address } }',
      { a: address },
    )

    assert.deepEqual(data, {})
    assert.deepEqual(
      errors.map(({ message, extensions }) => ({ message, code: extensions.code })),
      [
        {
          message:
            'Variable "$a" got invalid value; expected a tel:, sip:, sips: or acr: URI, such as tel:+15550101',
          code: 'BAD_USER_INPUT',
        },
      ],
    )
  })

const bulk = [
  ['ids', 'query ($v: [ID!]!) { twinnings(ids: $v) { id } }', 'twinning:read:any'],
  [
    'addresses',
    'query ($v: [DeviceAddress!]!) { twinningDevices(addresses: $v) { address } }',
    'twinning:read:any',
  ],
  [
    'addresses',
    'query ($v: [DeviceAddress!]!) { twinningStatistics(addresses: $v) { devices } }',
    'twinning:analytics',
  ],
] as const
for (const [argument, document, scope] of bulk) {
  const field = /\{ (\w+)\(/.exec(document)?.[1] ?? ''
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => `tel:+1556${1000 + i}`)

  test(`${field} takes 500 ${argument}`, async (t) => {
    const { query, token } = await startGateway(t)

    const { data, errors } = await query(await token(scope), document, { v: numbers(500) })

    assert.deepEqual(errors, [])
    assert.equal(field === 'twinningStatistics' ? data[field].devices : data[field].length, 500)
  })

  test(`${field} refuses 501 ${argument}, and no operator is asked`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const { errors } = await query(await token(scope), document, { v: numbers(501) })

    assert.deepEqual(
      errors.map(({ message, extensions }) => ({ message, extensions })),
      [{ message: `${argument} must name at most 500, got 501`, extensions: { code: 'BAD_USER_INPUT' } }],
    )
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

  test(`${field} answers no ${argument} with nothing`, async (t) => {
    const { query, token } = await startGateway(t)

    const { data, errors } = await query(await token(scope), document, { v: [] })

    assert.deepEqual(
      { data, errors },
      { data: { [field]: field === 'twinningStatistics' ? { devices: 0 } : [] }, errors: [] },
    )
  })
}

test('an id of an operator that does not serve its device any more leads nowhere', async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch })
  const [id] = await learnIds(gateway, watch)
  const { alpha } = gateway.sandbox.operators
  const moved = await startGateway(t, {
    sandbox: gateway.sandbox,
    config: (config) => ({
      ...config,
      operators: config.operators.map((o) => (o.id === alpha.id ? { ...o, match: ['*', watch] } : o)),
    }),
  })
  clearTraffic(gateway.sandbox)

  const { data, errors } = await moved.query(
    await gateway.token('twinning:read', watch),
    'query ($id: ID!) { twinning(id: $id) { id } }',
    { id },
  )

  assert.deepEqual({ data, errors }, { data: { twinning: null }, errors: [] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})
