// What tests of reading and changing twinnings share.
import type { Operator } from '../../src/sandbox/operator.ts'
import { clearTraffic, type Gateway } from './gateway.ts'

/** The path of a device's list, or of one twinning in it, as `upstreamTraffic` shows it. */
export function pathOf(address: string, id?: string): string {
  return `/${encodeURIComponent(address)}/twinnings${id === undefined ? '' : `/${id}`}`
}

/** Seeds `tw-1`, `tw-2`, … named likewise, each with a prefix of its own. */
export function seedMany(operator: Operator, ownAddress: string, count: number, prefix = 'tw'): void {
  for (let n = 1; n <= count; n++) operator.seed({ ownAddress, id: `${prefix}-${n}`, name: `${prefix}-${n}` })
}

/**
 * The ids of all twinnings of these devices, in the order of the operator's lists. They are learned through another
 * instance, so that the one under test has neither cached nor asked for anything.
 */
export async function learnIds(gateway: Gateway, ...addresses: string[]): Promise<string[]> {
  const other = await gateway.another()
  const token = await gateway.token('twinning:read:any')
  const { data } = await other.query(
    token,
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings(first: 100) { nodes { id } } } }',
    { a: addresses },
  )
  clearTraffic(gateway.sandbox)
  const devices = data.twinningDevices as { twinnings: { nodes: { id: string }[] } }[]
  return devices.flatMap(({ twinnings }) => twinnings.nodes.map(({ id }) => id))
}

/** `requestError` of an operator, as a fault's body. */
export function requestError(messageId: string, text: string, variables: string[] = []) {
  const exception = { messageId, text, variables }
  return {
    requestError: messageId.startsWith('POL')
      ? { policyException: exception }
      : { serviceException: exception },
  }
}
