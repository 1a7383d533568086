import assert from 'node:assert/strict'
import test from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch, type Answer } from '../support/gateway.ts'
import { learnIds, pathOf, requestError } from '../support/twinnings.ts'

const listed =
  'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { totalCount nodes { name } } } }'

/** What an answer says beside its data, but for what layers above are told (test/graphql/caching.test.ts). */
function withoutTags({ extensions }: Answer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extensions ?? {}).filter(([name]) => name !== 'apolloCacheTags'))
}

test('a device answers its twinnings in its operator’s order, by what matches role and status', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { alpha } = sandbox.operators
  alpha.seed({ ownAddress: phone, name: 'on', role: 'Primary' })
  alpha.seed({ ownAddress: phone, name: 'off', role: 'Primary', twinningStatus: 'Off' })
  alpha.seed({ ownAddress: phone, name: 'other way', role: 'Secondary' })
  alpha.seed({ ownAddress: phone, name: 'pending', twinningStatus: 'Pending' })

  const { data, errors } = await query(
    await token('twinning:read', phone),
    `{ twinningDevice {
      all: twinnings { ...names }
      primary: twinnings(role: PRIMARY) { ...names }
      on: twinnings(twinningStatus: ON) { ...names }
      both: twinnings(role: SECONDARY, twinningStatus: PENDING) { ...names }
      none: twinnings(role: PRIMARY, twinningStatus: PENDING) { ...names }
      nulls: twinnings(role: null, twinningStatus: null) { ...names }
    } }
    fragment names on TwinningConnection { totalCount nodes { name } edges { node { name } } }`,
  )

  const names = (...list: string[]) => {
    const nodes = list.map((name) => ({ name }))
    return { totalCount: list.length, nodes, edges: nodes.map((node) => ({ node })) }
  }
  assert.deepEqual(errors, [])
  assert.deepEqual(data.twinningDevice, {
    all: names('on', 'off', 'other way', 'pending'),
    primary: names('on', 'off'),
    on: names('on', 'other way'),
    both: names('pending'),
    none: names(),
    nulls: names('on', 'off', 'other way', 'pending'),
  })
  assert.deepEqual(upstreamTraffic(sandbox), [`GET ${pathOf(phone)}`])
})

test("an operator's 404 on a device's list is an empty list", async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.beta.faults.add({ status: 404, body: requestError('SVC0004', 'No valid addresses') })

  const { data, errors } = await query(await token('twinning:read', watch), listed)

  assert.deepEqual(
    { data, errors },
    { data: { twinningDevice: { twinnings: { totalCount: 0, nodes: [] } } }, errors: [] },
  )
})

const nulls: [string, string, string, object][] = [
  [
    'a device that no operator serves',
    'tel:+4912345',
    'twinning:read:any',
    { message: 'no operator serves this device address', extensions: { code: 'BAD_USER_INPUT' } },
  ],
  [
    "somebody else's device",
    phone,
    'twinning:read',
    {
      message: "the access token does not allow reading this device's twinnings",
      extensions: { code: 'FORBIDDEN' },
    },
  ],
  [
    "somebody else's device that no operator serves",
    'tel:+4912345',
    'twinning:read',
    {
      message: "the access token does not allow reading this device's twinnings",
      extensions: { code: 'FORBIDDEN' },
    },
  ],
]
for (const [what, address, scope, error] of nulls)
  test(`${what} is answered with twinnings null, and no operator is asked`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const { data, errors } = await query(await token(scope, watch), listed, { a: address })

    assert.deepEqual(data, { twinningDevice: { twinnings: null } })
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      [{ ...error, path: ['twinningDevice', 'twinnings'] }],
    )
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

test('a member that can’t be decoded is left out and named, also where the list comes from the cache', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  beta.seed({ ownAddress: watch, name: 'good' })
  beta.seed({ ownAddress: watch, name: 'bad', otherDevice: { address: 'nonsense' } })
  beta.seed({ ownAddress: watch, name: 'better' })
  const asWatch = await token('twinning:read', watch)
  const left = (...path: string[]) => ({
    code: 'UPSTREAM_INVALID_RESPONSE',
    message:
      'twinningList.twinning[1].otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got another string',
    path,
  })
  const expected = { twinnings: { totalCount: 2, nodes: [{ name: 'good' }, { name: 'better' }] } }

  const first = await query(asWatch, listed)
  const cached = await query(
    asWatch,
    '{ d: twinningDevice { a: twinnings { totalCount } b: twinnings(first: 1) { totalCount } } }',
  )

  assert.deepEqual(first.data, { twinningDevice: expected })
  assert.deepEqual(first.errors, [])
  assert.deepEqual(withoutTags(first), { warnings: [left('twinningDevice', 'twinnings')] })
  assert.deepEqual(cached.data, { d: { a: { totalCount: 2 }, b: { totalCount: 2 } } })
  assert.deepEqual(withoutTags(cached), { warnings: [left('d', 'a'), left('d', 'b')] })
  assert.deepEqual(upstreamTraffic(sandbox), [`GET ${pathOf(watch)}`])
})

test('an answer that lacks nothing has no warnings', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.beta.seed({ ownAddress: watch })

  const answer = await query(await token('twinning:read', watch), listed)

  assert.deepEqual(withoutTags(answer), {})
})

test('a bulk read answers what can be decoded, and an error in place of what can not', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 'one', name: 'one' })
  beta.seed({ ownAddress: watch, id: 'two', name: 'two' })
  const [one, two] = await learnIds(gateway, watch)
  beta.seed({ ownAddress: watch, id: 'two', otherDevice: { address: 'nonsense' } })

  const { data, errors } = await gateway.query(
    await gateway.token('twinning:read', watch),
    'query ($ids: [ID!]!) { twinnings(ids: $ids) { name } }',
    { ids: [two, one] },
  )

  assert.deepEqual(data, { twinnings: [null, { name: 'one' }] })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message:
          "operator beta gave an answer that can't be used: twinningList.twinning[1].otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got another string",
        path: ['twinnings', 0],
        extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
      },
    ],
  )
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
})

test('a list with one member may be an object, and one with none may lack the element', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  const { resourceURL } = beta.seed({ ownAddress: watch })
  const T = { role: 'Secondary', twinningStatus: 'On', ownAddress: watch, resourceURL, name: 'alone' }
  beta.faults.add({ times: 1, body: { twinningList: { twinning: T, resourceURL } } })
  beta.faults.add({ times: 1, body: { twinningList: { resourceURL } } })
  const any = await token('twinning:read:any')

  const one = await query(any, listed, { a: watch })
  const none = await query(any, listed, { a: 'tel:+15560177' })

  assert.deepEqual(one.data.twinningDevice.twinnings, { totalCount: 1, nodes: [{ name: 'alone' }] })
  assert.deepEqual(none.data.twinningDevice.twinnings, { totalCount: 0, nodes: [] })
})

test('the device at the other end leads on to its own twinnings, where the caller may read them', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  beta.seed({ ownAddress: watch, otherDevice: { address: phone } })
  alpha.seed({ ownAddress: phone, role: 'Primary', name: 'theirs', otherDevice: { address: watch } })
  const document =
    '{ twinningDevice { twinnings { nodes { otherDevice { device { address twinnings { nodes { name } } } } } } } }'

  const any = await query(await token('twinning:read:any', watch), document)
  clearTraffic(sandbox)
  const own = await query(await token('twinning:read', watch), document)

  const of = (twinnings: object | null) => ({
    twinningDevice: { twinnings: { nodes: [{ otherDevice: { device: { address: phone, twinnings } } }] } },
  })
  assert.deepEqual(any.data, of({ nodes: [{ name: 'theirs' }] }))
  assert.deepEqual(own.data, of(null))
  assert.deepEqual(
    own.errors.map(({ path, extensions }) => ({ path, extensions })),
    [
      {
        path: ['twinningDevice', 'twinnings', 'nodes', 0, 'otherDevice', 'device', 'twinnings'],
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  )
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('a caller who may only count sees masked addresses, also in a resourceURL that can’t be read', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.beta.seed({
    ownAddress: watch,
    name: 'mine',
    otherDevice: { address: phone, name: 'theirs' },
  })
  sandbox.operators.beta.seed({
    ownAddress: watch,
    resourceURL: `http://beta.example/tel:+15560101%zz/${encodeURIComponent(watch)}/twinnings/2`,
  })

  const { data, errors } = await query(
    await token('twinning:analytics'),
    `query ($a: DeviceAddress) { twinningDevice(address: $a) { address twinnings { nodes {
      name ownAddress resourceURL ownDevice { address } otherDevice { address name device { address } }
    } } } }`,
    { a: watch },
  )

  const [first, second] = data.twinningDevice.twinnings.nodes
  assert.deepEqual(errors, [])
  assert.equal(data.twinningDevice.address, watch)
  assert.deepEqual(
    { ...first, resourceURL: undefined },
    {
      name: null,
      ownAddress: 'tel:+1556**01',
      resourceURL: undefined,
      ownDevice: { address: 'tel:+1556**01' },
      otherDevice: { address: 'tel:+1555**00', name: null, device: { address: 'tel:+1555**00' } },
    },
  )
  assert.match(first.resourceURL, /\/twinning\/v1\/tel%3A%2B1556\*{2}01\/twinnings\/tw-\w+$/)
  assert.equal(second.resourceURL, 'http://beta.example/*****/tel%3A%2B1556**01/twinnings/2')
})
