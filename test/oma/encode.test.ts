import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/domain/address.ts'
import { decodeTwinningBody } from '../../src/oma/decode.ts'
import { encodeChange, encodeNewTwinning } from '../../src/oma/encode.ts'

const device = parseAddress('tel:+15560101')!
const asked = { operatorId: 'beta', serverRoot: new URL('http://op.example/api'), device }
const least = {
  role: 'Secondary',
  twinningStatus: 'Pending',
  ownAddress: 'tel:+15560101',
  resourceURL: 'http://op.example/api/twinning/v1/tel%3A%2B15560101/twinnings/tw-1',
}
const decode = (elements: object) => decodeTwinningBody({ twinning: { ...least, ...elements } }, asked)

for (const role of ['PRIMARY', 'SECONDARY'] as const)
  test(`a new ${role} twinning is read as it was written`, () => {
    const { name, codes, ...twinning } = decode(
      encodeNewTwinning({ role, name: 'myWatch', activationCode: '1234' }),
    )

    assert.deepEqual([twinning.role, name, codes], [role, 'myWatch', { activationCode: '1234' }])
  })

for (const twinningStatus of ['ON', 'OFF'] as const)
  test(`a change to ${twinningStatus} is read as it was written`, () => {
    assert.equal(decode(encodeChange({ twinningStatus })).twinningStatus, twinningStatus)
  })

test('what is not said is not sent', () => {
  assert.deepEqual(encodeNewTwinning({ role: 'SECONDARY' }), { role: 'Secondary' })
  assert.deepEqual(encodeChange({ name: 'myCar' }), { name: 'myCar' })
  assert.deepEqual(encodeChange({}), {})
})
