import type { VisibleTwinning } from '../../twinnings/visible.ts'
import type { DeviceResolvers, TwinningConnectionResolvers } from '../generated.ts'
import { pageOf, readPage } from '../pagination.ts'
import { readAddress } from '../scalars.ts'
import { warn } from '../warnings.ts'
import { shown } from './twinning.ts'

// As `@cost` has it.
const readWeight = 5

export const Device: DeviceResolvers = {
  address: ({ address, sight }) => shown(address, sight),
  twinnings: async (parent, { role, twinningStatus, ...page }, context, info) => {
    const { address } = parent
    const { reader, sealer, warnings, caching, budget } = context
    // Before anything is done for it: of an operation that has spent too much, thousands of these may be left.
    budget.spend(readWeight)
    const wanted = readPage(page, address, sealer)
    const { twinnings, leftOut } = await reader.twinningsOf(address)
    caching.tagList(info, parent, twinnings)
    warn(warnings, leftOut, info)
    const matches = ({ twinning }: VisibleTwinning) =>
      (role == null || twinning.role === role) &&
      (twinningStatus == null || twinning.twinningStatus === twinningStatus)
    return pageOf(address, twinnings, matches, wanted, sealer)
  },
  // Async, so that one address that is none fails alone among many representations.
  // eslint-disable-next-line @typescript-eslint/require-await -- see above
  __resolveReference: async ({ address }) => ({ address: readAddress(address), sight: 'full' as const }),
}

/** Counts what a page turns out to hold: only now is it known. */
export const TwinningConnection: TwinningConnectionResolvers = {
  nodes: ({ nodes }, _, { budget }) => {
    budget.spend(nodes.length)
    return nodes
  },
  edges: ({ edges }, _, { budget }) => {
    // Each with its node.
    budget.spend(2 * edges.length)
    return edges
  },
}
