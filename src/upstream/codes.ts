import { LRUCache } from 'lru-cache'
import type { DeviceAddress } from '../domain/address.ts'
import type { Twinning } from '../domain/twinning.ts'

/** The codes that an operator has shown of its devices lately, so that none of its later words can repeat one. */
export type CodeMemory = {
  readonly learn: (device: DeviceAddress, twinnings: readonly Twinning[]) => void
  readonly of: (device: DeviceAddress) => readonly string[]
}

const maxDevices = 10_000
const maxOfDevice = 100

/** In this process only. Of 10,000 devices the last hundred codes each are remembered. */
export function createCodeMemory(): CodeMemory {
  const codes = new LRUCache<DeviceAddress, readonly string[]>({ max: maxDevices })
  const of = (device: DeviceAddress) => codes.get(device) ?? []
  return {
    of,
    learn: (device, twinnings) => {
      const shown = twinnings.flatMap((twinning) => Object.values(twinning.codes ?? {}))
      if (shown.length > 0) codes.set(device, [...new Set([...shown, ...of(device)])].slice(0, maxOfDevice))
    },
  }
}
