import { BadUserInput } from '../../errors.ts'
import type { QueryResolvers } from '../generated.ts'
import { warn } from '../warnings.ts'
import { readTwinning } from './twinning.ts'

const maxBulk = 500

export const Query: QueryResolvers = {
  twinning: (_, { id }, context, info) => readTwinning(id, context, info),
  twinnings: (_, { ids }, context, info) => {
    limit('ids', ids)
    // A list of promises, so that one that fails is one null.
    return ids.map((id) => readTwinning(id, context, info))
  },
  twinningDevice: (_, { address }, { principal }) => {
    const device = address ?? principal.address
    if (!device) throw new BadUserInput('address is needed, as the access token was not issued to a device')
    return { address: device, sight: 'full' }
  },
  twinningDevices: (_, { addresses }) => {
    limit('addresses', addresses)
    return addresses.map((address) => ({ address, sight: 'full' as const }))
  },
  twinningStatistics: async (_, { addresses }, { reader, warnings, caching }, info) => {
    limit('addresses', addresses)
    for (const address of addresses) caching.tagDevice(info, address)
    const { leftOut, ...statistics } = await reader.statistics(addresses)
    warn(warnings, leftOut, info)
    return statistics
  },
}

function limit(name: string, values: readonly unknown[]): void {
  if (values.length > maxBulk)
    throw new BadUserInput(`${name} must name at most ${maxBulk}, got ${values.length}`)
}
