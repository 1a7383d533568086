import { setTimeout as wait } from 'node:timers/promises'
import { report } from '../telemetry/channels.ts'
import type { Reading } from '../telemetry/trail.ts'
import type { CacheKey } from './keys.ts'
import type { Generation } from './shared.ts'

/**
 * What a load brought for a key: fresh so long, and after that so long to be had where nothing better is. With both 0 it
 * is not kept, and what was kept before is void; `kept`: it is kept already, by a `put` or by whoever began to load it.
 * Without a time of its own it is as fresh as what it came along with.
 */
export type Loaded<V> = {
  readonly value: V
  readonly freshForMs: number
  readonly graceMs: number
  readonly kept?: boolean
  /** It came along with something else, and may say less than if it had been asked for by itself. */
  readonly along?: boolean
  /** By which it can be asked whether it is still so (RFC 9110 §8.8.3). */
  readonly etag?: string | undefined
  /** When it came, in ms since 1970; now, where several were not waited for together. */
  readonly at?: number
}

/** A moment of a tag, taken before a load: what that load brings is void once the tag is evicted after it. */
export type Mark = { readonly epoch: number; readonly generation: Generation | undefined }

/** A key that is to be loaded; `known`: what is held of it, no longer fresh, with its ETag. */
export type Missing<V = unknown> = CacheKey & {
  readonly mark: Mark
  readonly known?: { readonly value: V; readonly etag: string } | undefined
}

export type Load<V> = (missing: readonly Missing<V>[]) => Promise<ReadonlyMap<string, Loaded<V> | Error>>

export type ReadOptions<V> = {
  /** A value that this does not take is as good as none. */
  readonly accept?: ((value: V) => boolean) | undefined
  /**
   * Whether a value past its freshness, but within its grace, may be answered where loading takes long
   * (stale-while-revalidate, RFC 5861 §3). What is loaded then is there for the next one who asks.
   */
  readonly mayBeLate?: ((value: V) => boolean) | undefined
  /** Told until when, in ms since 1970, all values that are answered are fresh; in the past where one is not. */
  readonly onFreshUntil?: ((freshUntil: number) => void) | undefined
  /** Where somebody is to see which tier had what. */
  readonly noted?: Reading | undefined
}

// So long is waited for what is fresh where something older could be answered.
const patienceMs = 100

/** Waits for a load, but not long: what it brings later is for others. */
export async function settledSoon(loading: Promise<void>, count: number): Promise<void> {
  const late = wait(patienceMs, 'late' as const, { ref: false })
  if ((await Promise.race([loading, late])) !== 'late') return
  report('cache.stale', { count })
  loading.catch((error: unknown) => report('error.unexpected', { error }))
}
