import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { failures, idOf, pathOf } from './support.ts'

async function start(t: TestContext, environment: Record<string, string> = {}) {
  const gateway = await startGateway(t, { environment })
  const { beta } = gateway.sandbox.operators
  beta.seed({ id: 'pending', ownAddress: watch, twinningStatus: 'Pending', activationCode: 'activation-1' })
  beta.seed({ id: 'on', ownAddress: watch, otherDevice: { address: phone }, authCode: 'auth-1' })
  return gateway
}

const pending = idOf('beta', watch, 'pending')
const on = idOf('beta', watch, 'on')
const both = `{
  pending: twinning(id: "${pending}") { ... on SecondaryTwinning { activationCode authCode } }
  on: twinning(id: "${on}") { ... on SecondaryTwinning { activationCode authCode } }
}`

for (const scope of ['twinning:read', 'twinning:read:any', 'twinning:read twinning:analytics'])
  test(`the Secondary device itself reads its codes with "${scope}"`, async (t) => {
    const { query, token } = await start(t)

    const { data, errors } = await query(await token(scope, watch), both)

    assert.deepEqual(errors, [])
    assert.deepEqual(data, {
      pending: { activationCode: 'activation-1', authCode: null },
      on: { activationCode: null, authCode: 'auth-1' },
    })
  })

for (const [who, scope, address] of [
  ['a portal', 'twinning:read:any twinning:write:any twinning:voicemail', undefined],
  ['the Primary device, reading any', 'twinning:read:any twinning:write:any', phone],
  ['analytics', 'twinning:analytics', undefined],
  ['a device of its own with nothing but twinning:analytics', 'twinning:analytics', watch],
] as const)
  test(`${who} is refused activationCode and authCode, and neither is said anywhere`, async (t) => {
    const { query, token, sandbox } = await start(t)
    // The device itself has read them: what is cached must not widen anything.
    await query(await token('twinning:read', watch), both)
    clearTraffic(sandbox)

    const answer = await query(await token(scope, address), both)

    const none = { activationCode: null, authCode: null }
    assert.deepEqual(answer.data, { pending: none, on: none })
    assert.deepEqual(
      answer.errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      ['pending', 'on'].flatMap((alias) =>
        ['activationCode', 'authCode'].map((field) => ({
          message: 'activationCode and authCode are for the device itself',
          path: [alias, field],
          extensions: { code: 'FORBIDDEN' },
        })),
      ),
    )
    assert.doesNotMatch(JSON.stringify(answer), /activation-1|auth-1/)
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

test('a stranger gets no twinning to ask a code of', async (t) => {
  const { query, token, sandbox } = await start(t)

  const answer = await query(await token('twinning:read', phone), both)

  assert.deepEqual(answer.data, { pending: null, on: null })
  assert.deepEqual(answer.errors, [])
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('an activationCode that the operator leaves behind once it is used is not shown', async (t) => {
  const { query, token, sandbox } = await start(t)
  const { beta } = sandbox.operators
  const { resourceURL } = beta.seed({ id: 'used', ownAddress: watch })
  beta.faults.add({
    match: { path: 'used' },
    body: {
      twinning: {
        role: 'Secondary',
        twinningStatus: 'On',
        ownAddress: watch,
        resourceURL,
        activationCode: 'activation-1',
      },
    },
  })

  const { data } = await query(
    await token('twinning:read', watch),
    `{ twinning(id: "${idOf('beta', watch, 'used')}") { ... on SecondaryTwinning { activationCode } } }`,
  )

  assert.deepEqual(data, { twinning: { activationCode: null } })
})

test('a portal that requests a twinning for a device gets it without the code, which the device then reads', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const request = `mutation ($key: String) {
    requestTwinning(input: {deviceAddress: "${watch}", name: "myWatch", idempotencyKey: $key}) {
      twinning { id name ownAddress twinningStatus activationCode }
      userErrors { code }
    }
  }`
  const portal = await token('twinning:write:any')

  const first = await query(portal, request, { key: 'one' })
  const replayed = await query(portal, request, { key: 'one' })
  const { id } = first.data.requestTwinning.twinning
  const read = await query(
    await token('twinning:read', watch),
    'query ($id: ID!) { twinning(id: $id) { ... on SecondaryTwinning { activationCode } } }',
    { id },
  )

  for (const answer of [first, replayed]) {
    assert.deepEqual(answer.data.requestTwinning, {
      twinning: { id, name: 'myWatch', ownAddress: watch, twinningStatus: 'PENDING', activationCode: null },
      userErrors: [],
    })
    assert.deepEqual(failures(answer), [
      { code: 'FORBIDDEN', path: ['requestTwinning', 'twinning', 'activationCode'] },
    ])
  }
  const [made] = sandbox.operators.beta.twinnings(watch)
  assert.equal(typeof made?.activationCode, 'string')
  assert.deepEqual(read.data, { twinning: { activationCode: made?.activationCode } })
  assert.deepEqual(
    upstreamTraffic(sandbox).filter((line) => line.startsWith('POST')),
    [`POST ${pathOf(watch)}`],
  )
})

test('a device without twinning:read gets the code of what it requests, as it alone can use it', async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { data, errors } = await query(
    await token('twinning:write', watch),
    'mutation { requestTwinning(input: {}) { twinning { activationCode voicemailAccess { address } } } }',
  )

  const [made] = sandbox.operators.beta.twinnings(watch)
  assert.deepEqual(data, {
    requestTwinning: { twinning: { activationCode: made?.activationCode, voicemailAccess: null } },
  })
  assert.deepEqual(failures({ errors }), [
    { code: 'FORBIDDEN', path: ['requestTwinning', 'twinning', 'voicemailAccess'] },
  ])
})
