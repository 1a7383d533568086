/** A value in memory: from which moment, until when it is fresh, and until when it is better than nothing. */
export type Entry<V> = {
  readonly value: V
  readonly epoch: number
  readonly storedAt: number
  readonly freshUntil: number
  readonly graceUntil: number
  readonly etag: string | undefined
  readonly along: boolean
}

/** The same in the shared store, in short: generation, fresh until, grace until, ETag, whether it came along, value. */
export type Stored = { g: string; f: number; u: number; e: string | undefined; a: boolean; v: unknown }

/** Nothing in the shared store is trusted: what is no entry of ours is none. */
export function parseStored(text: string): Stored | undefined {
  try {
    const stored = JSON.parse(text) as Partial<Stored> | null
    const { g, f, u, e } = stored ?? {}
    return typeof g === 'string' && typeof f === 'number' && typeof u === 'number'
      ? { g, f, u, e: typeof e === 'string' ? e : undefined, a: stored?.a === true, v: stored?.v }
      : undefined
  } catch {
    return undefined
  }
}
