import { EventEmitter, on } from 'node:events'
import { z } from 'zod'
import { deviceTag } from './cache/keys.ts'
import type { Evictions } from './cache/evictions.ts'
import type { SharedStore } from './cache/shared.ts'
import { parseAddress, type DeviceAddress } from './domain/address.ts'
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
  /** Tells of the changes that another instance has announced, once they are evicted here. */
  readonly hear: (news: unknown) => void
  /** Changes of one device's twinnings from now on, until the signal ends it. */
  readonly watch: (device: DeviceAddress, signal: AbortSignal) => AsyncIterable<Change>
}

const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text)
  if (parsed !== undefined) return parsed
  context.addIssue('expected an address')
  return z.NEVER
})
const announced = z.array(
  z.object({
    kind: z.enum(['CREATED', 'UPDATED', 'DELETED']),
    ref: z.object({ operatorId: z.string(), device: address, twinningId: z.string() }),
  }),
)

/** `shared`: the store of all instances, where there is one. */
export function createChanges({
  evictions,
  shared,
}: {
  evictions: Evictions
  shared: SharedStore | undefined
}): Changes {
  const bus = new EventEmitter().setMaxListeners(0)

  function tell(changes: readonly Change[]): void {
    for (const change of changes) bus.emit(change.ref.device, change)
  }

  return {
    announce: async (changes, others = []) => {
      const devices = [...changes.map(({ ref }) => ref), ...others]
      const tags = [...new Set(devices.map(({ operatorId, device }) => deviceTag(operatorId, device)))]
      evictions.evict(tags)
      await shared?.evict(tags, changes)
      tell(changes)
    },
    hear: (news) => tell(announced.safeParse(news).data ?? []),
    watch: async function* (device, signal) {
      try {
        for await (const [change] of on(bus, device, { signal })) yield change as Change
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
  }
}
