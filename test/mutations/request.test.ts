import assert from 'node:assert/strict'
import test from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { pathOf } from '../support/twinnings.ts'

const request = `mutation ($input: RequestTwinningInput!) { requestTwinning(input: $input) {
  twinning { id role name twinningStatus ownAddress otherDevice { address } activationCode authCode }
  userErrors { code message field omaMessageId }
} }`
const list = '{ twinningDevice { twinnings { nodes { name twinningStatus } } } }'

test('a Secondary asks with one POST, and the answer holds the activation code', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators

  const { data, errors } = await query(await token('twinning:write', watch), request, {
    input: { name: ' myWatch ' },
  })

  const { id, activationCode, ...twinning } = data.requestTwinning.twinning
  assert.deepEqual(errors, [])
  assert.deepEqual(twinning, {
    role: 'SECONDARY',
    name: 'myWatch',
    twinningStatus: 'PENDING',
    ownAddress: watch,
    otherDevice: null,
    authCode: null,
  })
  assert.match(id, /^[\w-]{40,}$/)
  assert.equal(activationCode, beta.twinnings(watch)[0]?.activationCode)
  assert.deepEqual(data.requestTwinning.userErrors, [])
  assert.deepEqual(upstreamTraffic(sandbox), [`POST ${pathOf(watch)}`])
  assert.deepEqual(beta.requests()[0]?.body, { twinning: { role: 'Secondary', name: 'myWatch' } })
})

test('without a name none is sent', async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { data } = await query(await token('twinning:write', watch), request, { input: { name: null } })

  assert.equal(data.requestTwinning.twinning.name, null)
  assert.deepEqual(sandbox.operators.beta.requests()[0]?.body, { twinning: { role: 'Secondary' } })
})

for (const [what, address, input] of [
  ['left out', watch, {}],
  ['null', watch, { deviceAddress: null }],
  ["the token's own, spelt otherwise", watch, { deviceAddress: 'tel:+1-556-0101' }],
] as const)
  test(`deviceAddress ${what} is the device that the token was issued to`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const { data } = await query(await token('twinning:write', address), request, { input })

    assert.equal(data.requestTwinning.twinning.ownAddress, watch)
    assert.deepEqual(upstreamTraffic(sandbox), [`POST ${pathOf(watch)}`])
  })

test('who asks for another device gets its twinning without the code, which the device itself reads', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const portal = await token('twinning:write:any twinning:read:any')

  const asked = await query(portal, request, { input: { deviceAddress: watch } })
  const { id, activationCode, twinningStatus } = asked.data.requestTwinning.twinning
  const read = await query(
    await token('twinning:read', watch),
    'query ($id: ID!) { twinning(id: $id) { ... on SecondaryTwinning { activationCode } } }',
    { id },
  )

  assert.deepEqual({ activationCode, twinningStatus }, { activationCode: null, twinningStatus: 'PENDING' })
  assert.deepEqual(
    asked.errors.map(({ path, extensions }) => ({ path, extensions })),
    ['activationCode', 'authCode'].map((field) => ({
      path: ['requestTwinning', 'twinning', field],
      extensions: { code: 'FORBIDDEN' },
    })),
  )
  assert.deepEqual(read.data, {
    twinning: { activationCode: sandbox.operators.beta.twinnings(watch)[0]?.activationCode },
  })
})

for (const [what, scope, address, input] of [
  ['a token that only reads', 'twinning:read twinning:read:any', watch, {}],
  ["somebody else's device", 'twinning:write', watch, { deviceAddress: phone }],
  [
    "somebody else's device that no operator serves",
    'twinning:write',
    watch,
    { deviceAddress: 'tel:+4912345' },
  ],
] as const)
  test(`${what} is FORBIDDEN, and no operator is asked`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const { data, errors } = await query(await token(scope, address), request, { input })

    assert.deepEqual(data, { requestTwinning: null })
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      [
        {
          message: "the access token does not allow changing this device's twinnings",
          path: ['requestTwinning'],
          extensions: { code: 'FORBIDDEN' },
        },
      ],
    )
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

for (const [what, field, message, input] of [
  [
    'no device address at all',
    'deviceAddress',
    'deviceAddress is needed, as the access token was not issued to a device',
    {},
  ],
  [
    'a device that no operator serves',
    'deviceAddress',
    'no operator serves this device address',
    { deviceAddress: 'tel:+4912345' },
  ],
  ['an empty name', 'name', 'name must have 1 to 128 characters', { deviceAddress: watch, name: '' }],
  ['a blank name', 'name', 'name must have 1 to 128 characters', { deviceAddress: watch, name: ' \t ' }],
  [
    'a name of 129 characters',
    'name',
    'name must have 1 to 128 characters',
    { deviceAddress: watch, name: 'n'.repeat(129) },
  ],
  [
    'a name with a line break',
    'name',
    'name must not hold control characters',
    { deviceAddress: watch, name: 'my\nWatch' },
  ],
  [
    'an empty idempotencyKey',
    'idempotencyKey',
    'idempotencyKey must have 1 to 128 characters',
    { deviceAddress: watch, idempotencyKey: '' },
  ],
] as const)
  test(`${what} is INVALID_INPUT, and no operator is asked`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const { data, errors } = await query(await token('twinning:write:any'), request, { input })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.requestTwinning, {
      twinning: null,
      userErrors: [{ code: 'INVALID_INPUT', message, field: ['input', field], omaMessageId: null }],
    })
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

test('a name may have 128 characters', async (t) => {
  const { query, token } = await startGateway(t)
  const name = 'ä'.repeat(128)

  const { data } = await query(await token('twinning:write', watch), request, { input: { name } })

  assert.equal(data.requestTwinning.twinning.name, name)
})

test('a POST answered with 201, a Location and no body is read from there', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  const { resourceURL } = beta.seed({
    ownAddress: watch,
    id: 'made',
    name: 'made',
    twinningStatus: 'Pending',
    activationCode: 'CODE-1',
  })
  beta.faults.add({ match: { method: 'POST' }, status: 201, body: '', headers: { location: resourceURL } })

  const { data, errors } = await query(await token('twinning:write', watch), request, { input: {} })

  assert.deepEqual(errors, [])
  assert.equal(data.requestTwinning.twinning.name, 'made')
  assert.equal(data.requestTwinning.twinning.activationCode, 'CODE-1')
  assert.deepEqual(upstreamTraffic(sandbox), [`POST ${pathOf(watch)}`, `GET ${pathOf(watch, 'made')}`])
})

for (const [what, headers, problem, reads] of [
  ['no Location', {}, 'body: expected JSON, got nothing, and no Location to read', []],
  [
    'a Location that leads nowhere',
    { location: `/exampleAPI/twinning/v1${pathOf(watch, 'nothing')}` },
    'Location: expected the twinning just made, got nothing',
    [`GET ${pathOf(watch, 'nothing')}`],
  ],
] as const)
  test(`a POST answered with 201, no body and ${what} is UPSTREAM_INVALID_RESPONSE`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)
    sandbox.operators.beta.faults.add({ match: { method: 'POST' }, status: 201, body: '', headers })

    const { data, errors } = await query(await token('twinning:write', watch), request, { input: {} })

    assert.deepEqual(data, { requestTwinning: null })
    assert.deepEqual(
      errors.map(({ message, extensions }) => ({ message, extensions })),
      [
        {
          message: `operator beta gave an answer that can't be used: ${problem}`,
          extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
        },
      ],
    )
    assert.deepEqual(upstreamTraffic(sandbox), [`POST ${pathOf(watch)}`, ...reads])
  })

test('a twinning made in the other role than asked for is UPSTREAM_INVALID_RESPONSE, and is not hidden by the cache', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  const asWatch = await token('twinning:read twinning:write', watch)
  await query(asWatch, list)
  const made = beta.seed({ ownAddress: watch, role: 'Primary', name: 'wrong way round' })
  beta.faults.add({ match: { method: 'POST' }, status: 201, body: { twinning: made } })

  const { data, errors } = await query(asWatch, request, { input: {} })
  const after = await query(asWatch, list)

  assert.deepEqual(data, { requestTwinning: null })
  assert.deepEqual(
    errors.map(({ message, extensions }) => ({ message, extensions })),
    [
      {
        message:
          "operator beta gave an answer that can't be used: twinning.role: expected the role that was sent, got the other",
        extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
      },
    ],
  )
  assert.deepEqual(after.data.twinningDevice.twinnings.nodes, [
    { name: 'wrong way round', twinningStatus: 'ON' },
  ])
})

const inTrouble = [
  ['answered in time', undefined, undefined],
  ['done, but answered too late', { hang: true }, 'UPSTREAM_TIMEOUT'],
  ['done, but its connection broken', { reset: true }, 'UPSTREAM_UNAVAILABLE'],
  ['done, but its answer cut off', { truncate: 20 }, 'UPSTREAM_INVALID_RESPONSE'],
  ['done, but answered with 500', { status: 500, body: '' }, 'UPSTREAM_UNAVAILABLE'],
] as const
for (const [what, fault, code] of inTrouble)
  test(`whoever reads after a request that was ${what} sees the new twinning, made by one POST`, async (t) => {
    const { query, token, sandbox } = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '300' } })
    const asWatch = await token('twinning:read twinning:write', watch)
    await query(asWatch, list)
    clearTraffic(sandbox)
    if (fault) sandbox.operators.beta.faults.add({ match: { method: 'POST' }, processed: true, ...fault })

    const { errors } = await query(asWatch, request, { input: { name: 'new' } })
    const { data } = await query(asWatch, list)

    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      code === undefined ? [] : [code],
    )
    assert.deepEqual(data.twinningDevice.twinnings.nodes, [{ name: 'new', twinningStatus: 'PENDING' }])
    assert.deepEqual(upstreamTraffic(sandbox), [`POST ${pathOf(watch)}`, `GET ${pathOf(watch)}`])
  })
