import { report } from '../telemetry/channels.ts'
import type { Reading } from '../telemetry/trail.ts'
import type { Entry } from './entries.ts'
import type { CacheKey } from './keys.ts'
import type { Mark, Missing } from './load.ts'

/** Tells which tier had how many of the entries that were asked for. `lacking`: not in memory; `missing`: nowhere. */
export function tellTiers(
  { all, lacking, missing }: { all: number; lacking: number; missing: number },
  noted: Reading | undefined,
): void {
  const tiers = { memory: all - lacking, redis: lacking - missing, none: missing }
  for (const tier of ['memory', 'redis', 'none'] as const) {
    report('cache.read', { tier, count: tiers[tier] })
    noted?.found(tier, tiers[tier])
  }
}

/** What is to be loaded: no tier has it, or not fresh. */
export function missingOf<V>(
  { key, entry }: { readonly key: CacheKey; readonly entry: Entry<V> | undefined },
  mark: Mark,
): Missing<V> {
  const etag = entry?.etag
  return { ...key, mark, ...(entry && etag !== undefined && { known: { value: entry.value, etag } }) }
}

/** What was missing is answered as it was held, as nothing better could be had, or not in time. */
export function isStale<V>({
  entry,
  outcome = entry?.value,
  freshUntil,
}: {
  readonly entry: Entry<V> | undefined
  readonly outcome: V | Error | undefined
  readonly freshUntil: number
}): boolean {
  return entry !== undefined && outcome === entry.value && freshUntil === entry.freshUntil
}
