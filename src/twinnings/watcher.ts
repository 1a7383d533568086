import { setTimeout as wait } from 'node:timers/promises'
import type { Change, Changes } from '../changes.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import { Forbidden } from '../errors.ts'
import type { Loaders } from './loaders.ts'
import type { Lookout } from './lookout.ts'
import type { Reader } from './reader.ts'
import type { VisibleTwinning } from './visible.ts'

/** One change, as a subscriber is told of it. */
export type Event = {
  readonly kind: Change['kind']
  readonly twinningId: string
  /** As it is now; rejects where it could not be read, which concerns only who asks for it. */
  readonly twinning: Promise<VisibleTwinning | undefined>
}

// An operator that is slow, or down, does not keep a stream from opening.
const knownWithinMs = 500

/** What a caller watches. */
export type Watcher = {
  /**
   * The changes of a device's twinnings from this call on, each read anew and under the caller's rights, until the
   * iterator is returned or the caller has gone. Rejects with Forbidden, and BadUserInput where no operator serves the device.
   */
  readonly watch: (device: DeviceAddress) => Promise<AsyncIterableIterator<Event>>
}

/** The watcher of one request. `signal`: aborted when the caller has gone; `onEvent`: called before an event is read. */
export function createWatcher({
  token,
  signal,
  reader,
  loaders,
  sealer,
  changes,
  lookout,
  onEvent,
}: {
  token: string | undefined
  signal: AbortSignal
  reader: Reader
  loaders: Loaders
  sealer: Sealer
  changes: Changes
  lookout: Lookout
  onEvent: () => void
}): Watcher {
  return {
    watch: async (device) => {
      if (!reader.mayRead(device))
        throw new Forbidden("the access token does not allow reading this device's twinnings")
      const end = new AbortController()
      const until = AbortSignal.any([signal, end.signal])
      // Here, not in the generator: from when the caller has its stream, no change is missed.
      const heard = changes.watch(device, until)
      const watched = loaders.isServed(device)
        ? lookout.watch(device, { token, signal: until }, () => loaders.twinningsOf(device))
        : undefined
      // From when the caller has its stream, what an operator changes without a word is not missed either.
      await Promise.race([watched?.known, wait(knownWithinMs, undefined, { ref: false })])
      const events = eventsOf(heard, (id, visible) => watched?.told(id, visible?.twinning))
      return endable(events, end)
    },
  }

  async function* eventsOf(
    heard: AsyncIterable<Change>,
    told: (twinningId: string, visible: VisibleTwinning | undefined) => void,
  ): AsyncGenerator<Event, void> {
    for await (const { kind, ref } of heard) {
      onEvent()
      reader.forget()
      // As the lookout reads, too: what differs then is the twinning, and not two ways of an operator to tell of it.
      loaders.preferList(ref.device)
      const twinningId = sealer.sealRef(ref)
      const twinning = kind === 'DELETED' ? Promise.resolve(undefined) : reader.twinning(twinningId)
      const [outcome] = await Promise.allSettled([twinning])
      // What could not be read has not been told: should it stay so, it is looked for again.
      if (outcome.status === 'fulfilled') told(ref.twinningId, outcome.value)
      // An operator that tells of a change does not say whether it was the last one.
      const isGone = outcome.status === 'fulfilled' && outcome.value === undefined
      yield { kind: isGone ? 'DELETED' : kind, twinningId, twinning }
    }
  }
}

/** A generator that waits does not hear that nobody wants more of it: this one is woken. */
function endable<T>(events: AsyncGenerator<T, void>, end: AbortController): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => events.next(),
    return: () => {
      end.abort()
      return events.return()
    },
  }
}
