import assert from 'node:assert/strict'
import test from 'node:test'
import { phone, startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { learnIds, pathOf } from '../support/twinnings.ts'

const rename = `mutation ($id: ID!, $name: String!) { renameTwinning(input: {id: $id, name: $name}) {
  twinning { id name }
  userErrors { code message field omaMessageId }
} }`
const path = pathOf(watch, 'w1')

async function seedOne(gateway: Gateway, elements: object = {}): Promise<string> {
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 'w1', ...elements })
  const [id = ''] = await learnIds(gateway, watch)
  return id
}

for (const [what, elements] of [
  [
    'is On',
    { name: 'before', authCode: 'auth-1', otherDevice: { address: phone, name: 'myPhone' }, vendorThing: 7 },
  ],
  ['has no name yet', {}],
  ['is Off', { twinningStatus: 'Off' }],
  ['is Pending', { twinningStatus: 'Pending', activationCode: 'CODE-1' }],
] as const)
  test(`a twinning that ${what} is renamed with one GET and one PUT that changes nothing else`, async (t) => {
    const gateway = await startGateway(t)
    const { beta } = gateway.sandbox.operators
    const id = await seedOne(gateway, elements)
    const before = beta.twinning(watch, 'w1')

    const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), rename, {
      id,
      name: '  after ',
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.renameTwinning, { twinning: { id, name: 'after' }, userErrors: [] })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${path}`, `PUT ${path}`])
    assert.deepEqual(beta.requests()[1]?.body, {
      twinning: JSON.parse(JSON.stringify({ ...before, name: 'after' })),
    })
    assert.deepEqual(beta.twinning(watch, 'w1'), { ...before, name: 'after' })
  })

for (const [what, name, message] of [
  ['an empty name', '', 'name must have 1 to 128 characters'],
  ['a blank name', '   ', 'name must have 1 to 128 characters'],
  ['a name of 129 characters', 'n'.repeat(129), 'name must have 1 to 128 characters'],
  ['a name with a control character', 'my\u0007Watch', 'name must not hold control characters'],
])
  test(`${what} is INVALID_INPUT, and no operator is asked`, async (t) => {
    const gateway = await startGateway(t)
    const id = await seedOne(gateway)

    const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), rename, {
      id,
      name,
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.renameTwinning, {
      twinning: null,
      userErrors: [{ code: 'INVALID_INPUT', message, field: ['input', 'name'], omaMessageId: null }],
    })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
  })

test('the new name is what is read next, by id and in the list', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)
  const token = await gateway.token('twinning:read twinning:write', watch)
  const read =
    'query ($id: ID!) { twinning(id: $id) { name } twinningDevice { twinnings { nodes { name } } } }'
  await gateway.query(token, read, { id })

  await gateway.query(token, rename, { id, name: 'after' })
  const { data } = await gateway.query(token, read, { id })

  assert.deepEqual(data, {
    twinning: { name: 'after' },
    twinningDevice: { twinnings: { nodes: [{ name: 'after' }] } },
  })
})

test("somebody else's twinning is NOT_FOUND, and no operator is asked", async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)

  const { data } = await gateway.query(await gateway.token('twinning:write', phone), rename, {
    id,
    name: 'mine now',
  })

  assert.deepEqual(data.renameTwinning, {
    twinning: null,
    userErrors: [
      { code: 'NOT_FOUND', message: 'there is no such twinning', field: ['input', 'id'], omaMessageId: null },
    ],
  })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})
