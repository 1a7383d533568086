import { allowed, type Principal } from '../auth/policy.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { OtherDevice, Twinning } from '../domain/twinning.ts'

/** How a caller sees a device's twinnings: as they are, or with addresses masked and without names. */
export type Sight = 'full' | 'masked'

/** A twinning that the caller may see, and how. What stands behind PrimaryTwinning and SecondaryTwinning. */
export type VisibleTwinning = { readonly twinning: Twinning; readonly sight: Sight }

/** What stands behind OtherDevice. */
export type VisibleOtherDevice = { readonly otherDevice: OtherDevice; readonly sight: Sight }

/**
 * What stands behind Device. `sight` is about its address alone: a caller who named it knows it. Its twinnings are
 * read under a check of their own.
 */
export type VisibleDevice = { readonly address: DeviceAddress; readonly sight: Sight }

/** How a caller sees a device's twinnings; `undefined`: not at all. */
export function sightOf(principal: Principal, device: DeviceAddress): Sight | undefined {
  if (allowed(principal, 'read', device)) return 'full'
  return allowed(principal, 'read masked', device) ? 'masked' : undefined
}
