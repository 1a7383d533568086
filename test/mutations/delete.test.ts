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
import { learnIds, pathOf } from '../support/twinnings.ts'

const remove = `mutation ($id: ID!) { deleteTwinning(input: {id: $id}) {
  deletedTwinningId
  userErrors { code message field omaMessageId }
} }`
const read =
  'query ($id: ID!, $a: DeviceAddress) { twinning(id: $id) { id } twinningDevice(address: $a) { twinnings { totalCount } } }'
const path = pathOf(watch, 'w1')

async function seedOne(gateway: Gateway): Promise<string> {
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 'w1' })
  const [id = ''] = await learnIds(gateway, watch)
  return id
}

test('a twinning is removed with one DELETE, and read no more', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)
  const token = await gateway.token('twinning:read twinning:write', watch)
  await gateway.query(token, read, { id })
  clearTraffic(gateway.sandbox)

  const { data, errors } = await gateway.query(token, remove, { id })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.deleteTwinning, { deletedTwinningId: id, userErrors: [] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`DELETE ${path}`])
  assert.deepEqual((await gateway.query(token, read, { id })).data, {
    twinning: null,
    twinningDevice: { twinnings: { totalCount: 0 } },
  })
})

for (const [how, cacheControl] of [
  ['fresh', null],
  ['past its freshness', 'max-age=0'],
] as const)
  test(`what is removed at one end is read no more at the other, be what is held of it ${how}`, async (t) => {
    const gateway = await startGateway(t)
    gateway.sandbox.operators.beta.settings.cacheControl = cacheControl
    const { query } = gateway
    const token = await gateway.token('twinning:read:any twinning:write:any', watch)
    const requested = await query(
      token,
      'mutation { requestTwinning(input: {}) { twinning { id activationCode } } }',
    )
    const { id, activationCode } = requested.data.requestTwinning.twinning
    await query(
      token,
      'mutation ($c: String!, $a: DeviceAddress) { activateTwinning(input: {activationCode: $c, deviceAddress: $a}) { userErrors { code } } }',
      { c: activationCode, a: phone },
    )
    const before = await query(token, read, { id, a: phone })

    await query(token, remove, { id })
    const after = await query(token, read, { id, a: phone })

    assert.deepEqual(before.data, { twinning: { id }, twinningDevice: { twinnings: { totalCount: 1 } } })
    assert.deepEqual(after.data, { twinning: null, twinningDevice: { twinnings: { totalCount: 0 } } })
  })

for (const [what, fault, code] of [
  ['answered too late', { hang: true }, 'UPSTREAM_TIMEOUT'],
  ['cut off', { reset: true }, 'UPSTREAM_UNAVAILABLE'],
  ['answered with 500', { status: 500, body: '' }, 'UPSTREAM_UNAVAILABLE'],
] as const)
  test(`a DELETE that was done but ${what} is ${code}, and leaves nothing old to be read`, async (t) => {
    const gateway = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '300' } })
    const id = await seedOne(gateway)
    const token = await gateway.token('twinning:read twinning:write', watch)
    await gateway.query(token, read, { id })
    gateway.sandbox.operators.beta.faults.add({ match: { method: 'DELETE' }, processed: true, ...fault })

    const { data, errors } = await gateway.query(token, remove, { id })

    assert.deepEqual(data, { deleteTwinning: null })
    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      [code],
    )
    assert.deepEqual((await gateway.query(token, read, { id })).data, {
      twinning: null,
      twinningDevice: { twinnings: { totalCount: 0 } },
    })
  })

test('a twinning that is gone already is NOT_FOUND in the operator’s words', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)
  const token = await gateway.token('twinning:write', watch)
  await gateway.query(token, remove, { id })

  const { data, errors } = await gateway.query(token, remove, { id })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.deleteTwinning, {
    deletedTwinningId: null,
    userErrors: [
      {
        code: 'NOT_FOUND',
        message: 'Invalid input value for message part twinningId',
        field: ['input', 'id'],
        omaMessageId: 'SVC0002',
      },
    ],
  })
})

for (const [what, idOf, scope, address] of [
  ['garbage', () => 'garbage', 'twinning:write', watch],
  ["somebody else's id", (id: string) => id, 'twinning:write', phone],
  ["somebody else's id without any right to write", (id: string) => id, 'twinning:read:any', phone],
] as const)
  test(`${what} is NOT_FOUND, and no operator is asked`, async (t) => {
    const gateway = await startGateway(t)
    const id = await seedOne(gateway)

    const { data, errors } = await gateway.query(await gateway.token(scope, address), remove, {
      id: idOf(id),
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.deleteTwinning, {
      deletedTwinningId: null,
      userErrors: [
        {
          code: 'NOT_FOUND',
          message: 'there is no such twinning',
          field: ['input', 'id'],
          omaMessageId: null,
        },
      ],
    })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

test("one's own twinning without twinning:write is FORBIDDEN, and stays", async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)

  const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), remove, { id })

  assert.deepEqual(data, { deleteTwinning: null })
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['FORBIDDEN'],
  )
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  assert.equal(gateway.sandbox.operators.beta.twinnings(watch).length, 1)
})
