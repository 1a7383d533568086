import { EventEmitter, once } from 'node:events'
import { z } from 'zod'
import { refSchema } from './cache/codecs.ts'
import { deviceTag } from './cache/keys.ts'
import type { Evictions } from './cache/evictions.ts'
import type { SharedStore } from './cache/shared.ts'
import type { DeviceAddress } from './domain/address.ts'
import type { TwinningRef } from './domain/twinning.ts'

/** One change of one twinning, as far as the gateway can know it. */
export type Change = { readonly kind: 'CREATED' | 'UPDATED' | 'DELETED'; readonly ref: TwinningRef }

/**
 * What the gateway knows of a change from: a mutation that went through it, an operator's notification, the lookout, or a
 * reading that found something else than what was held.
 */
export type ToldBy = 'mutation' | 'notification' | 'lookout' | 'reading'

/** The one path of every change: evict everywhere, then tell. Whoever is told and asks again never reads the old value. */
export type Changes = {
  /**
   * Settles once nothing old is left to be read; `others` are devices whose twinnings changed as a consequence. What one
   * notification tells of is of one operator.
   */
  readonly announce: (
    changes: readonly Change[],
    toldBy: ToldBy,
    others?: readonly { operatorId: string; device: DeviceAddress }[],
  ) => Promise<void>
  /** Tells of the changes that another instance has announced, once they are evicted here. */
  readonly hear: (news: unknown) => void
  /**
   * Changes of one device's twinnings from this call on, until the signal ends it. For whoever is slow, those of one
   * twinning become one, in the place of the first: what waits is at most one for each twinning it has or had.
   */
  readonly watch: (device: DeviceAddress, signal: AbortSignal) => AsyncIterable<Change>
}

const announced = z.object({
  changes: z.array(z.object({ kind: z.enum(['CREATED', 'UPDATED', 'DELETED']), ref: refSchema })),
  notifiedBy: z.string().optional(),
})

/** Has layers above the gateway drop what they keep of these; must not reject. */
export type TellLayersAbove = (
  changes: readonly Change[],
  devices: ReadonlySet<DeviceAddress>,
) => Promise<void>

/**
 * `shared`: the store of all instances, where there is one; `tellLayersAbove`: where there are any. `onNotified` is told
 * which operators tell of changes by themselves, whichever instance they tell; `corrected` knows better what a change is.
 * `record` is given what is announced here, and not what other instances have announced.
 */
export function createChanges({
  evictions,
  shared,
  tellLayersAbove,
  onNotified = () => undefined,
  corrected = (change) => change,
  record,
}: {
  evictions: Evictions
  shared: SharedStore | undefined
  tellLayersAbove?: TellLayersAbove | undefined
  onNotified?: (operatorId: string) => void
  corrected?: (change: Change) => Change
  record?: ((changes: readonly Change[], toldBy: ToldBy) => void) | undefined
}): Changes {
  const bus: Bus = new EventEmitter<Heard>().setMaxListeners(0)

  function tell({ changes, notifiedBy }: News): void {
    if (notifiedBy !== undefined) onNotified(notifiedBy)
    for (const change of changes.map(corrected)) bus.emit(change.ref.device, change)
  }

  return {
    announce: async (changes, toldBy, others = []) => {
      const notifiedBy = toldBy === 'notification' ? changes[0]?.ref.operatorId : undefined
      const news = { changes, notifiedBy }
      const places = [...changes.map(({ ref }) => ref), ...others]
      const tags = [...new Set(places.map(({ operatorId, device }) => deviceTag(operatorId, device)))]
      evictions.evict(tags)
      if (tellLayersAbove) {
        // In this order: a layer above that asked between the two would fill itself with the old value again.
        await shared?.evict(tags)
        await tellLayersAbove(changes, new Set(places.map(({ device }) => device)))
      }
      await shared?.evict(tags, news)
      record?.(changes, toldBy)
      tell(news)
    },
    hear: (news) => tell(announced.safeParse(news).data ?? { changes: [] }),
    watch: (device, signal) => watchOn(bus, device, signal),
  }
}

type News = { readonly changes: readonly Change[]; readonly notifiedBy?: string | undefined }
type Heard = Record<string, [Change]>
type Bus = EventEmitter<Heard>

function watchOn(bus: Bus, device: DeviceAddress, signal: AbortSignal): AsyncIterable<Change> {
  const waiting = new Map<string, Change>()
  const wakeUp = new EventEmitter()
  const hear = (change: Change) => {
    const name = JSON.stringify([change.ref.operatorId, change.ref.twinningId])
    const older = waiting.get(name)
    waiting.set(name, older ? asOne(older, change) : change)
    wakeUp.emit('wake')
  }
  const stop = () => {
    bus.off(device, hear)
    signal.removeEventListener('abort', stop)
    wakeUp.emit('wake')
  }

  // Not in the generator, whose body runs only once it is asked for the first change.
  if (!signal.aborted) {
    bus.on(device, hear)
    signal.addEventListener('abort', stop)
  }
  return deliver(waiting, { wakeUp, signal, stop })
}

async function* deliver(
  waiting: Map<string, Change>,
  { wakeUp, signal, stop }: { wakeUp: EventEmitter; signal: AbortSignal; stop: () => void },
) {
  try {
    while (!signal.aborted) {
      const [first] = waiting
      if (!first) {
        await once(wakeUp, 'wake')
        continue
      }
      const [name, change] = first
      waiting.delete(name)
      yield change
    }
  } finally {
    stop()
  }
}

/** Two changes of one twinning, for somebody who has heard of neither. */
function asOne(older: Change, newer: Change): Change {
  if (older.kind === 'CREATED' && newer.kind === 'UPDATED') return older
  if (older.kind === 'DELETED' && newer.kind === 'CREATED') return { ...newer, kind: 'UPDATED' }
  return newer
}
