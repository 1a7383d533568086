import { responsePathAsArray } from 'graphql'
import type { DeviceResolvers } from '../generated.ts'
import { pageOf } from '../pagination.ts'
import { readAddress } from '../scalars.ts'
import { shown } from './twinning.ts'

export const Device: DeviceResolvers = {
  address: ({ address, sight }) => shown(address, sight),
  twinnings: async ({ address }, { role, twinningStatus, ...page }, { reader, sealer, warnings }, info) => {
    const { twinnings, leftOut } = await reader.twinningsOf(address)
    const path = responsePathAsArray(info.path)
    warnings.push(
      ...leftOut.map(({ problem }) => ({
        code: 'UPSTREAM_INVALID_RESPONSE' as const,
        message: problem,
        path,
      })),
    )
    const matches = ({ twinning }: (typeof twinnings)[number]) =>
      (role == null || twinning.role === role) &&
      (twinningStatus == null || twinning.twinningStatus === twinningStatus)
    return pageOf(address, twinnings, matches, page, sealer)
  },
  __resolveReference: ({ address }) => ({ address: readAddress(address), sight: 'full' }),
}
