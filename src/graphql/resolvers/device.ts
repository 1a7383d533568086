import type { VisibleTwinning } from '../../twinnings/visible.ts'
import type { DeviceResolvers } from '../generated.ts'
import { pageOf, readPage } from '../pagination.ts'
import { readAddress } from '../scalars.ts'
import { warn } from '../warnings.ts'
import { shown } from './twinning.ts'

export const Device: DeviceResolvers = {
  address: ({ address, sight }) => shown(address, sight),
  twinnings: async ({ address }, { role, twinningStatus, ...page }, context, info) => {
    const { reader, sealer, warnings, caching, budget } = context
    // Before anything is done for it: of an operation that has spent too much, thousands of these may be left.
    budget.spend(1)
    const wanted = readPage(page, address, sealer)
    const { twinnings, leftOut, sight } = await reader.twinningsOf(address)
    caching.tagDevice(info, address, sight)
    warn(warnings, leftOut, info)
    const matches = ({ twinning }: VisibleTwinning) =>
      (role == null || twinning.role === role) &&
      (twinningStatus == null || twinning.twinningStatus === twinningStatus)
    const answer = pageOf(address, twinnings, matches, wanted, sealer)
    budget.spend(answer.nodes.length)
    return answer
  },
  // Async, so that one address that is none fails alone among many representations.
  // eslint-disable-next-line @typescript-eslint/require-await -- see above
  __resolveReference: async ({ address }) => ({ address: readAddress(address), sight: 'full' as const }),
}
