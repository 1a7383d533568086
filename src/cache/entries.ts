import type { Codec } from './cache.ts'

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

/** The same in the shared store, in short: its own name, generation, fresh until, grace until, ETag, whether it came along, value. */
type Stored = { k: string; g: string; f: number; u: number; e: string | undefined; a: boolean; v: unknown }

/** Under which name, and of which generation of its tag, an entry is in the shared store. */
export type Place = { readonly name: string; readonly generation: string | undefined }

/** An entry as a text for the shared store, to hold as long as its tag is of this generation. */
export function storedText<V>(
  { value, freshUntil, graceUntil, etag, along }: Entry<V>,
  { name, generation = '' }: Place,
  { encode }: Codec<V>,
): string {
  const stored: Stored = {
    k: name,
    g: generation,
    f: freshUntil,
    u: graceUntil,
    e: etag,
    a: along,
    v: encode(value),
  }
  return JSON.stringify(stored)
}

/** Nothing in the shared store is trusted: what is no entry of ours, another's, or of another generation, is none. */
export function readStored<V>(
  text: string | undefined,
  { name, generation }: Place,
  epoch: number,
  { decode }: Codec<V>,
): Entry<V> | undefined {
  const stored = text === undefined ? undefined : parse(text)
  if (!stored || stored.k !== name || stored.g !== generation) return undefined
  const value = decode(stored.v)
  if (value === undefined) return undefined
  const { f: freshUntil, u: graceUntil, e: etag, a: along } = stored
  return { value, epoch, storedAt: Date.now(), freshUntil, graceUntil, etag, along }
}

function parse(text: string): Stored | undefined {
  try {
    const stored = JSON.parse(text) as Partial<Stored> | null
    const { k, g, f, u, e } = stored ?? {}
    return typeof k === 'string' && typeof g === 'string' && typeof f === 'number' && typeof u === 'number'
      ? { k, g, f, u, e: typeof e === 'string' ? e : undefined, a: stored?.a === true, v: stored?.v }
      : undefined
  } catch {
    return undefined
  }
}
