import assert from 'node:assert/strict'
import test from 'node:test'
import { phone, startGateway, upstreamTraffic, watch } from './support/gateway.ts'

test('a watch asks, a phone activates, and the watch learns where the voice mail is', async (t) => {
  const { query, sandbox } = await startGateway(t)
  const asWatch = await sandbox.characters.watch.token()
  const asPhone = await sandbox.characters.phone.token()

  const requested = await query(
    asWatch,
    'mutation { requestTwinning(input: {name: "myWatch"}) { twinning { id role activationCode twinningStatus otherDevice { address } voicemailAccess { address } } userErrors { code } } }',
  )
  const { id, activationCode, ...pending } = requested.data.requestTwinning.twinning
  assert.deepEqual(pending, {
    role: 'SECONDARY',
    twinningStatus: 'PENDING',
    otherDevice: null,
    voicemailAccess: null,
  })

  const activated = await query(
    asPhone,
    'mutation ($code: String!) { activateTwinning(input: {activationCode: $code}) { twinning { role twinningStatus otherDevice { address name } } userErrors { code } } }',
    { code: activationCode },
  )
  assert.deepEqual(activated.data.activateTwinning, {
    twinning: { role: 'PRIMARY', twinningStatus: 'ON', otherDevice: { address: watch, name: 'myWatch' } },
    userErrors: [],
  })

  const learned = await query(
    asWatch,
    'query ($id: ID!) { twinning(id: $id) { twinningStatus otherDevice { address } ... on SecondaryTwinning { activationCode authCode voicemailAccess { address } } } }',
    { id },
  )
  const { authCode, ...on } = learned.data.twinning
  assert.deepEqual(on, {
    twinningStatus: 'ON',
    otherDevice: { address: phone },
    activationCode: null,
    voicemailAccess: { address: 'tel:+15550999' },
  })
  assert.equal(typeof authCode, 'string')
  assert.deepEqual(
    upstreamTraffic(sandbox)
      .map((line) => line.split('/')[0])
      .sort(),
    ['GET ', 'POST ', 'POST '],
  )
})
