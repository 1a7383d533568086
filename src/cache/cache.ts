import { LRUCache } from 'lru-cache'
import { report } from '../telemetry/channels.ts'
import type { Reading } from '../telemetry/trail.ts'
import { readStored, storedText, type Entry } from './entries.ts'
import type { Evictions } from './evictions.ts'
import { entryName, type CacheKey } from './keys.ts'
import { settledSoon, type Load, type Loaded, type Mark, type ReadOptions } from './load.ts'
import type { Generation, SharedRead, SharedStore, Write } from './shared.ts'
import { createSharing } from './sharing.ts'
import { isStale, missingOf, tellTiers } from './tiers.ts'

/** How a value goes into the shared store and comes back; `decode` answers `undefined` for what is no value. */
export type Codec<V> = {
  readonly encode: (value: V) => unknown
  readonly decode: (json: unknown) => V | undefined
  /** About how many bytes of memory a value takes. */
  readonly weigh: (value: V) => number
}

/**
 * Values in this process's memory and, where there is one, in a shared store behind it. Fresh ones are answered as they
 * are; those past that but within their grace only where loading fails for a reason that `graceFor` names. The shared
 * store may make it faster and may not make it fail.
 */
export type Cache<V> = {
  /**
   * A value, or the Error that loading gave, for each key, in order. Memory first, then one read of the shared store
   * for all that is left, then `load` for the rest, which must answer for each under its `entryName`.
   */
  readonly getMany: (
    keys: readonly CacheKey[],
    load: Load<V>,
    options?: ReadOptions<V>,
  ) => Promise<(V | Error)[]>
  /**
   * What this process's memory holds under a key, by its `entryName`, if it is fresh: to be asked only while evictions by
   * others are heard.
   */
  readonly atHand: (tag: string, name: string, now: number) => Held<V> | undefined
  /** Grows with whatever was at hand and is not any more, unless it is only too old. */
  readonly changes: () => number
  /** Brings what the shared store has of these into memory, by one read; nothing is loaded. `noted`: who is to see it. */
  readonly recall: (keys: readonly CacheKey[], noted?: Reading) => Promise<void>
  /** What another instance has brought by now: as it is in the shared store, if it is fresh. */
  readonly seek: (key: CacheKey) => Promise<Loaded<V> | undefined>
  /** What is held under each key, fresh or not; nothing is loaded. */
  readonly peek: (keys: readonly CacheKey[]) => Promise<(V | undefined)[]>
  /** Keeps what came along with something else that was loaded under the same mark. */
  readonly put: (items: readonly { key: CacheKey; loaded: Loaded<V>; mark: Mark }[]) => void
}

/** A value, and until when it is fresh (ms since 1970). */
export type Held<V> = { readonly value: V; readonly freshUntil: number }

/** A key on its way through the tiers: what was found, and in the end what loading gave. */
type Slot<V> = {
  readonly key: CacheKey
  entry: Entry<V> | undefined
  outcome: V | Error | undefined
  freshUntil: number
}

/** What is to go into the shared store. */
type Kept<V> = { readonly key: CacheKey; readonly entry: Entry<V>; readonly generation: Generation }

// With other instances about, and no word from them, what memory holds may be wrong after this.
const unheardMs = 1000

/**
 * `maxBytes` bounds this process's memory, by the codec's weights. `onReplaced` is told what a value that was held has
 * become, and whether both came in the same way: what a list says of its members need not be all that there is to say.
 */
export function createCache<V extends object>({
  codec,
  evictions,
  shared,
  maxBytes,
  graceFor,
  onReplaced = () => undefined,
}: {
  codec: Codec<V>
  evictions: Evictions
  shared: SharedStore | undefined
  maxBytes: number
  graceFor: (error: Error) => boolean
  onReplaced?: (before: V, now: V, how: { readonly alike: boolean }) => void
}): Cache<V> {
  const memory = new LRUCache<string, Entry<V>>({
    maxSize: maxBytes,
    sizeCalculation: ({ value }) => codec.weigh(value),
    dispose: () => (gone += 1),
  })
  let gone = 0

  const sharing = createSharing(shared)

  function usable(entry: Entry<V> | undefined, tag: string, now: number): Entry<V> | undefined {
    if (!entry || now >= entry.graceUntil || !evictions.isCurrent(tag, entry.epoch)) return undefined
    return now - entry.storedAt > unheardMs && shared && !shared.listening() ? undefined : entry
  }

  function atHand(tag: string, name: string, now: number): Held<V> | undefined {
    // Unlike `get` it does not move the entry to the end of its queue, which takes longer than all else here.
    const entry = memory.peek(name)
    return entry && entry.freshUntil > now && evictions.isCurrent(tag, entry.epoch) ? entry : undefined
  }

  function slotsOf(keys: readonly CacheKey[], now: number, accept: (value: V) => boolean): Slot<V>[] {
    return keys.map((key) => {
      const entry = usable(memory.get(entryName(key)), key.tag, now)
      const accepted = entry && accept(entry.value) ? entry : undefined
      return { key, entry: accepted, outcome: undefined, freshUntil: accepted?.freshUntil ?? 0 }
    })
  }

  function put(items: readonly { key: CacheKey; loaded: Loaded<V>; mark: Mark }[]): void {
    const now = Date.now()
    const kept = items.flatMap(({ key, loaded, mark }) => {
      const { value, freshForMs, graceMs, kept, along = false, etag, at = now } = loaded
      if (kept || !evictions.isCurrent(key.tag, mark.epoch)) return []
      const before = memory.peek(entryName(key))
      if (before && evictions.isCurrent(key.tag, before.epoch))
        onReplaced(before.value, value, { alike: before.along === along })
      const [freshUntil, graceUntil] = [at + freshForMs, at + freshForMs + graceMs]
      const entry = { value, epoch: mark.epoch, storedAt: at, freshUntil, graceUntil, etag, along }
      if (graceUntil <= now) memory.delete(entryName(key))
      else memory.set(entryName(key), entry)
      return mark.generation ? [{ key, entry, generation: mark.generation }] : []
    })
    if (shared && kept.length > 0) sharing.add(() => kept.map(written))
  }

  function written({ key, entry, generation }: Kept<V>): Write {
    const text = storedText(entry, { name: entryName(key), generation: generation.id }, codec)
    return { key, generation, text, ttlMs: entry.graceUntil - Date.now() }
  }

  /** Fills in what the shared store has; answers the generations that it read with it. */
  async function lookUp(
    slots: readonly Slot<V>[],
    epoch: number,
    accept: (value: V) => boolean,
    noted?: Reading,
  ): Promise<SharedRead['generations']> {
    const now = Date.now()
    const keys = slots.map(({ key }) => key)
    const read = await shared?.read(keys, noted)
    for (const [i, slot] of slots.entries()) {
      const [{ key }, name] = [slot, entryName(slot.key)]
      const generation = read?.generations.get(key.tag)?.id
      const stored = readStored(read?.texts[i], { name, generation }, epoch, codec)
      // Somebody else may have loaded it meanwhile, and the store not have it yet.
      const entry = stored ?? usable(memory.peek(name), key.tag, now)
      if (!entry || !accept(entry.value) || entry.graceUntil <= Math.max(now, slot.entry?.graceUntil ?? 0))
        continue
      slot.entry = entry
      slot.freshUntil = entry.freshUntil
      if (evictions.isCurrent(key.tag, epoch)) memory.set(name, entry)
    }
    return read?.generations ?? new Map()
  }

  /** Fills in what loading brings, and keeps it. */
  async function loadAll(
    slots: readonly Slot<V>[],
    markOf: (tag: string) => Mark,
    load: Load<V>,
  ): Promise<void> {
    const loads = slots.map((slot) => ({ slot, missing: missingOf(slot, markOf(slot.key.tag)) }))
    const loaded = await load(loads.map(({ missing }) => missing))
    const kept: { key: CacheKey; loaded: Loaded<V>; mark: Mark }[] = []
    for (const { slot, missing } of loads) {
      const outcome =
        loaded.get(entryName(slot.key)) ?? new TypeError('a load must answer for every key that it gets')
      slot.outcome = outcome instanceof Error ? graceOr(outcome, slot.entry, Date.now()) : outcome.value
      if (outcome instanceof Error) continue
      const alongside = outcome.kept && outcome.freshForMs + outcome.graceMs === 0
      slot.freshUntil = alongside ? Infinity : (outcome.at ?? Date.now()) + outcome.freshForMs
      kept.push({ key: slot.key, loaded: outcome, mark: missing.mark })
    }
    put(kept)
  }

  async function getMany(
    keys: readonly CacheKey[],
    load: Load<V>,
    { accept = anything, mayBeLate, onFreshUntil, noted }: ReadOptions<V> = {},
  ): Promise<(V | Error)[]> {
    const now = Date.now()
    // Taken before anything is read: what is evicted from now on is void.
    const epoch = evictions.now()
    const slots = slotsOf(keys, now, accept)
    const isFresh = ({ freshUntil }: Slot<V>) => freshUntil > now
    const lacking = slots.filter((slot) => !isFresh(slot))
    const generations = lacking.length > 0 ? await lookUp(lacking, epoch, accept, noted) : undefined
    const missing = lacking.filter((slot) => !isFresh(slot))
    tellTiers({ all: slots.length, lacking: lacking.length, missing: missing.length }, noted)
    if (missing.length > 0) {
      const markOf = (tag: string) => ({ epoch, generation: generations?.get(tag) })
      const loading = sharing.during(() => loadAll(missing, markOf, load))
      const isPatient = missing.every(({ entry }) => entry && mayBeLate?.(entry.value))
      await (isPatient ? settledSoon(loading, missing.length) : loading)
      noted?.found('stale', missing.filter(isStale).length)
    }
    onFreshUntil?.(Math.min(...slots.map(({ freshUntil }) => freshUntil)))
    return slots.map(
      ({ outcome, entry }) => outcome ?? entry?.value ?? new TypeError('neither found nor loaded'),
    )
  }

  async function recall(keys: readonly CacheKey[], noted?: Reading): Promise<void> {
    if (shared) await lookUp(slotsOf(keys, Date.now(), anything), evictions.now(), anything, noted)
  }

  async function seek(key: CacheKey): Promise<Loaded<V> | undefined> {
    const slot: Slot<V> = { key, entry: undefined, outcome: undefined, freshUntil: 0 }
    await lookUp([slot], evictions.now(), anything)
    const { entry } = slot
    const now = Date.now()
    if (!entry || entry.freshUntil <= now) return undefined
    const { value, freshUntil, graceUntil } = entry
    return { value, at: now, freshForMs: freshUntil - now, graceMs: graceUntil - freshUntil, kept: true }
  }

  async function peek(keys: readonly CacheKey[]): Promise<(V | undefined)[]> {
    const slots = slotsOf(keys, Date.now(), anything)
    const lacking = slots.filter(({ entry }) => !entry)
    if (lacking.length > 0) await lookUp(lacking, evictions.now(), anything)
    return slots.map(({ entry }) => entry?.value)
  }

  function graceOr(error: Error, entry: Entry<V> | undefined, now: number): V | Error {
    if (!entry || now >= entry.graceUntil || !graceFor(error)) return error
    report('cache.stale', { count: 1 })
    return entry.value
  }

  return { getMany, atHand, changes: () => evictions.now() + gone, recall, seek, peek, put }
}

const anything = () => true
