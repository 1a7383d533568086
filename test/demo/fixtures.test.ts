// The recipe for a frontend's tests in docs/clients.md.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { post } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import type { Cast } from '../../src/http/demo.ts'
import { startDemo } from './support.ts'

const query = `query Mine {
  twinningDevice {
    twinnings { nodes { name twinningStatus ... on SecondaryTwinning { voicemailAccess { address } } } }
  }
}`

test('a test takes tokens from /demo/cast, and gives operators fixtures and faults', async (t) => {
  const { url } = await startDemo(t)
  const cast = (await (await fetch(`${url}/demo/cast`)).json()) as Cast
  const { address, operator, token } = cast.watches.other
  const tell = (what: string, body: unknown) =>
    fetch(`${cast.operators[operator]}/_sandbox/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  const fault = await tell('faults', { status: 503 })
  const failed = await post(`${url}/graphql`, token, query)
  await fetch(`${cast.operators[operator]}/_sandbox/faults`, { method: 'DELETE' })
  const fixture = await tell('twinnings', {
    ownAddress: address,
    name: 'fixture',
    otherDevice: { address: cast.phone.address },
    primaryDeviceVMAddress: 'tel:+15550999',
  })

  assert.deepEqual([fault.status, fixture.status], [201, 201])
  assert.deepEqual(failed.data, { twinningDevice: { twinnings: null } })
  assert.equal(failed.errors[0]?.extensions.code, 'UPSTREAM_UNAVAILABLE')
  await until('the fixture is read', async () => {
    const { data } = await post(`${url}/graphql`, token, query)
    return data.twinningDevice.twinnings?.nodes.length === 1
  })
  const { data } = await post(`${url}/graphql`, token, query)
  assert.deepEqual(data.twinningDevice.twinnings.nodes, [
    { name: 'fixture', twinningStatus: 'ON', voicemailAccess: { address: 'tel:+15550999' } },
  ])
})
