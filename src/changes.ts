import { EventEmitter, on } from 'node:events'
import { deviceTag } from './cache/keys.ts'
import type { Evictions } from './cache/evictions.ts'
import type { SharedStore } from './cache/shared.ts'
import type { DeviceAddress } from './domain/address.ts'
import type { TwinningRef } from './domain/twinning.ts'

/** One change of one twinning, as far as the gateway can know it. */
export type Change = { readonly kind: 'CREATED' | 'UPDATED' | 'DELETED'; readonly ref: TwinningRef }

/** The one path of every change: evict everywhere, then tell. Whoever is told and asks again never reads the old value. */
export type Changes = {
  /** Settles once nothing old is left to be read; `others` are devices whose twinnings changed as a consequence. */
  readonly announce: (
    changes: readonly Change[],
    others?: readonly { operatorId: string; device: DeviceAddress }[],
  ) => Promise<void>
  /** Changes of one device's twinnings from now on, until the signal ends it. */
  readonly watch: (device: DeviceAddress, signal: AbortSignal) => AsyncIterable<Change>
}

/** `shared`: the store of all instances, where there is one. */
export function createChanges({
  evictions,
  shared,
}: {
  evictions: Evictions
  shared: SharedStore | undefined
}): Changes {
  const bus = new EventEmitter().setMaxListeners(0)
  return {
    announce: async (changes, others = []) => {
      const devices = [...changes.map(({ ref }) => ref), ...others]
      const tags = [...new Set(devices.map(({ operatorId, device }) => deviceTag(operatorId, device)))]
      evictions.evict(tags)
      await shared?.evict(tags)
      for (const change of changes) bus.emit(change.ref.device, change)
    },
    watch: async function* (device, signal) {
      try {
        for await (const [change] of on(bus, device, { signal })) yield change as Change
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
  }
}
