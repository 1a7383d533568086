import type { VisibleTwinning } from '../../twinnings/visible.ts'
import type { DeviceResolvers } from '../generated.ts'
import { pageOf, readPage } from '../pagination.ts'
import { readAddress } from '../scalars.ts'
import { warn } from '../warnings.ts'
import { shown } from './twinning.ts'

export const Device: DeviceResolvers = {
  address: ({ address, sight }) => shown(address, sight),
  twinnings: async ({ address }, { role, twinningStatus, ...page }, { reader, sealer, warnings }, info) => {
    const wanted = readPage(page, address, sealer)
    const { twinnings, leftOut } = await reader.twinningsOf(address)
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
