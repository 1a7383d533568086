import { z } from 'zod'
import type { WireTwinning } from '../oma/wire.ts'
import { canonicalAddress } from './address.ts'
import type { Codes } from './codes.ts'
import { extrasOf, readTwinning, statuses } from './elements.ts'
import { listUrl } from './resources.ts'
import type { Store } from './store.ts'

export const seedSchema = z.looseObject({
  ownAddress: z.string(),
  /** Last segment of its resourceURL. */
  id: z
    .string()
    .regex(/^[\w.-]+$/)
    .exactOptional(),
  role: z.enum(['Primary', 'Secondary']).exactOptional(),
  twinningStatus: z.enum(statuses).exactOptional(),
  name: z.string().exactOptional(),
  otherDevice: z.object({ address: z.string(), name: z.string().exactOptional() }).exactOptional(),
  activationCode: z.string().exactOptional(),
  authCode: z.string().exactOptional(),
  primaryDeviceVMAddress: z.string().exactOptional(),
  resourceURL: z.string().exactOptional(),
})

/**
 * A twinning put there past all rules: a Secondary and On unless it says otherwise, with whatever elements,
 * and without another end.
 */
export type Seed = z.infer<typeof seedSchema>

export function createSeed({
  serverRoot,
  store,
  codes,
}: {
  serverRoot: string
  store: Store
  codes: Codes
}): (seed: Seed) => WireTwinning {
  return ({ id = store.newId(), activationCode, ...given }) => {
    const ownAddress = canonicalAddress(given.ownAddress) ?? given.ownAddress
    const resourceURL = `${listUrl(serverRoot, ownAddress)}/${id}`
    const defaults = { role: 'Secondary', twinningStatus: 'On', resourceURL }
    const twinning = readTwinning({ ...defaults, ...given, ownAddress })
    store.save({ id, twinning, extras: extrasOf(given), counterpart: undefined })
    const code = activationCode === undefined ? {} : { activationCode: codes.issue(id, activationCode) }
    return { ...twinning, ...code }
  }
}
