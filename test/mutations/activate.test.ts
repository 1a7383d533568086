import assert from 'node:assert/strict'
import test from 'node:test'
import {
  clearTraffic,
  phone,
  startGateway,
  upstreamTraffic,
  watch,
  type Gateway,
} from '../support/gateway.ts'
import { pathOf } from '../support/twinnings.ts'

const activate = `mutation ($input: ActivateTwinningInput!) { activateTwinning(input: $input) {
  twinning { __typename role name twinningStatus ownAddress otherDevice { address name } }
  userErrors { code message field omaMessageId }
} }`
const list =
  'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { nodes { role twinningStatus } } } }'

/** A watch that shows a code, seeded past all rules. */
function showCode({ sandbox }: Gateway, code: string): void {
  sandbox.operators.beta.seed({
    ownAddress: watch,
    id: 'w1',
    name: 'myWatch',
    twinningStatus: 'Pending',
    activationCode: code,
  })
}

test('a Primary activates with one POST of the code as typed, less the white space around it', async (t) => {
  const gateway = await startGateway(t)
  showCode(gateway, 'BCDF-GHJK')

  const { data, errors } = await gateway.query(await gateway.token('twinning:write', phone), activate, {
    input: { activationCode: '  bcdfghjk\n', name: 'myPhone' },
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.activateTwinning, {
    twinning: {
      __typename: 'PrimaryTwinning',
      role: 'PRIMARY',
      name: 'myPhone',
      twinningStatus: 'ON',
      ownAddress: phone,
      otherDevice: { address: watch, name: 'myWatch' },
    },
    userErrors: [],
  })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`POST ${pathOf(phone)}`])
  assert.deepEqual(gateway.sandbox.operators.alpha.requests()[0]?.body, {
    twinning: { role: 'Primary', activationCode: 'bcdfghjk', name: 'myPhone' },
  })
})

test('after an activation both ends are read anew, each at its own operator', async (t) => {
  const gateway = await startGateway(t)
  const { query, sandbox } = gateway
  showCode(gateway, 'CODE-1')
  const any = await gateway.token('twinning:read:any twinning:write:any', phone)
  await query(any, list, { a: watch })
  await query(any, list, { a: phone })
  clearTraffic(sandbox)

  await query(any, activate, { input: { activationCode: 'CODE-1' } })
  const [atWatch, atPhone] = [await query(any, list, { a: watch }), await query(any, list, { a: phone })]

  assert.deepEqual(atWatch.data.twinningDevice.twinnings.nodes, [{ role: 'SECONDARY', twinningStatus: 'ON' }])
  assert.deepEqual(atPhone.data.twinningDevice.twinnings.nodes, [{ role: 'PRIMARY', twinningStatus: 'ON' }])
  assert.deepEqual(upstreamTraffic(sandbox), [
    `POST ${pathOf(phone)}`,
    `GET ${pathOf(phone)}`,
    `GET ${pathOf(watch)}`,
  ])
})

for (const code of ['', '   ', 'x'.repeat(129), 'AB\u0000CD'])
  test(`${JSON.stringify(code.slice(0, 9))} can be no code: INVALID_ACTIVATION_CODE, and no operator is asked`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const { data, errors } = await query(await token('twinning:write', phone), activate, {
      input: { activationCode: code },
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.activateTwinning, {
      twinning: null,
      userErrors: [
        {
          code: 'INVALID_ACTIVATION_CODE',
          message: code.includes('\u0000')
            ? 'activationCode must not hold control characters'
            : 'activationCode must have 1 to 128 characters',
          field: ['input', 'activationCode'],
          omaMessageId: null,
        },
      ],
    })
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

for (const [what, prepare] of [
  ['unknown', () => Promise.resolve()],
  [
    'used',
    async (gateway: Gateway) => {
      showCode(gateway, 'CODE-1')
      const { data } = await gateway.query(await gateway.token('twinning:write', phone), activate, {
        input: { activationCode: 'CODE-1' },
      })
      assert.deepEqual(data.activateTwinning.userErrors, [])
    },
  ],
  [
    'expired',
    (gateway: Gateway) => {
      gateway.sandbox.operators.beta.settings.activationCodeTtlMs = -1
      showCode(gateway, 'CODE-1')
      return Promise.resolve()
    },
  ],
] as const)
  test(`a code that is ${what} is INVALID_ACTIVATION_CODE in the operator's words`, async (t) => {
    const gateway = await startGateway(t)
    await prepare(gateway)

    const { data, errors } = await gateway.query(await gateway.token('twinning:write', phone), activate, {
      input: { activationCode: 'CODE-1' },
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.activateTwinning, {
      twinning: null,
      userErrors: [
        {
          code: 'INVALID_ACTIVATION_CODE',
          message: 'Invalid input value for message part activationCode',
          field: ['input', 'activationCode'],
          omaMessageId: 'SVC0002',
        },
      ],
    })
  })

test('a device that activates its own request is REFUSED_BY_POLICY', async (t) => {
  const gateway = await startGateway(t)
  showCode(gateway, 'CODE-1')

  const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), activate, {
    input: { activationCode: 'CODE-1' },
  })

  const [{ code, field, omaMessageId }] = data.activateTwinning.userErrors
  assert.deepEqual(errors, [])
  assert.deepEqual(
    { code, field, omaMessageId },
    { code: 'REFUSED_BY_POLICY', field: null, omaMessageId: 'POL0001' },
  )
})

test('an operator that repeats the code does not get it through', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.alpha.faults.add({
    match: { method: 'POST' },
    status: 400,
    body: {
      requestError: {
        serviceException: {
          messageId: 'SVC0002',
          text: 'no such code: %1 (%2)',
          variables: ['CODE-1', 'CODE-1'],
        },
      },
    },
  })

  const { data } = await query(await token('twinning:write', phone), activate, {
    input: { activationCode: 'CODE-1' },
  })

  assert.deepEqual(data.activateTwinning.userErrors, [
    {
      code: 'INVALID_ACTIVATION_CODE',
      message: 'no such code: [redacted] ([redacted])',
      field: ['input', 'activationCode'],
      omaMessageId: 'SVC0002',
    },
  ])
})

test('a Secondary made where a Primary was asked for is UPSTREAM_INVALID_RESPONSE', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { alpha } = sandbox.operators
  const made = alpha.seed({ ownAddress: phone, role: 'Secondary' })
  alpha.faults.add({ match: { method: 'POST' }, status: 201, body: { twinning: made } })

  const { data, errors } = await query(await token('twinning:write', phone), activate, {
    input: { activationCode: 'CODE-1' },
  })

  assert.deepEqual(data, { activateTwinning: null })
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['UPSTREAM_INVALID_RESPONSE'],
  )
})

test("activating for somebody else's device is FORBIDDEN, and no operator is asked", async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { data, errors } = await query(await token('twinning:write', watch), activate, {
    input: { activationCode: 'CODE-1', deviceAddress: phone },
  })

  assert.deepEqual(data, { activateTwinning: null })
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['FORBIDDEN'],
  )
  assert.deepEqual(upstreamTraffic(sandbox), [])
})
