// Devices of both operators with twinnings whose names say whose they are, and instances in front of them.
import assert from 'node:assert/strict'
import type { Sandbox } from '../../src/sandbox/world.ts'
import { post } from '../support/gateway.ts'
import { nameOf } from './truth.ts'

export type OperatorId = 'alpha' | 'beta'
export type Target = {
  readonly id: string
  readonly operator: OperatorId
  readonly device: string
  readonly twinningId: string
}

const devices: Readonly<Record<OperatorId, readonly string[]>> = {
  alpha: [0, 1, 2, 3].map((n) => `tel:+155501${n}0`),
  beta: [0, 1, 2, 3].map((n) => `tel:+155601${n}0`),
}
const kinds = ['car', 'watch']

export const listQuery =
  'query ($addresses: [DeviceAddress!]!) { twinningDevices(addresses: $addresses) { address twinnings { nodes { id name } } } }'

/** Puts the devices there; answers what can be read and written of them, with ids as this instance gives them. */
export async function populate(sandbox: Sandbox, url: string): Promise<Target[]> {
  const bare = (['alpha', 'beta'] as const).flatMap((operator) =>
    devices[operator].flatMap((device) =>
      kinds.map((kind) => ({ id: '', operator, device, twinningId: `${kind}-${device.slice(-4)}` })),
    ),
  )
  for (const target of bare)
    sandbox.operators[target.operator].seed({
      ownAddress: target.device,
      id: target.twinningId,
      name: nameOf(target, 0),
    })
  const addresses = addressesOf(bare)
  const { data, errors } = await post(`${url}/graphql`, await portal(sandbox), listQuery, { addresses })
  assert.deepEqual(errors, [])
  const nodes = (data.twinningDevices as { twinnings: { nodes: { id: string; name: string }[] } }[]).flatMap(
    ({ twinnings }) => twinnings.nodes,
  )
  return bare.map((target) => ({
    ...target,
    id: nodes.find(({ name }) => name === nameOf(target, 0))?.id ?? assert.fail('a twinning without an id'),
  }))
}

export function addressesOf(targets: readonly Target[]): string[] {
  return [...new Set(targets.map(({ device }) => device))]
}

/** A token that reads and writes everything. */
export function portal(sandbox: Sandbox): Promise<string> {
  return sandbox.issuer.sign({ sub: 'portal', scope: 'twinning:read:any twinning:write:any' })
}
