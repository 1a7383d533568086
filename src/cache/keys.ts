import type { DeviceAddress } from '../domain/address.ts'
import type { TwinningRef } from '../domain/twinning.ts'

/** Names an entry and the tag that it goes with: everything of one tag is evicted at once. */
export type CacheKey = { readonly tag: string; readonly key: string }

/** The tag of all that is known of one device at one operator, whoever asked for it. */
export function deviceTag(operatorId: string, device: DeviceAddress): string {
  return `${operatorId}|${device}`
}

/** One twinning, as those of a partition may see it. */
export function twinningKey(ref: TwinningRef, partition: string): CacheKey {
  return { tag: deviceTag(ref.operatorId, ref.device), key: `twinning|${partition}|${ref.twinningId}` }
}

/** All twinnings of a device, as those of a partition may see them. */
export function listKey(operatorId: string, device: DeviceAddress, partition: string): CacheKey {
  return { tag: deviceTag(operatorId, device), key: `list|${partition}` }
}

/** The one name of a key in a map. */
export function entryName({ tag, key }: CacheKey): string {
  return `${tag}|${key}`
}
