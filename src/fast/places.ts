import { entryName, twinningKey, type CacheKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Sight } from '../twinnings/visible.ts'
import type { Operators } from '../upstream/operators.ts'
import { createArena } from './bytes.ts'
import type { EntityType, Representation } from './representations.ts'
import type { Shelf, Text, Texts } from './texts.ts'

/** Where a representation leads, and what has been made of what is there. */
export type Place = {
  readonly type: EntityType
  readonly id: string
  /** The representation, as it mostly comes. */
  readonly bytes: Buffer
  readonly device: DeviceAddress
  readonly key: CacheKey
  /** The key's `entryName`. */
  readonly name: string
  readonly shelf: Shelf
  last: Last | undefined
}

/** What was answered the last time, and by which texts: while the cache's `changes` are these, memory holds what it was. */
export type Last = {
  readonly changes: number
  readonly texts: Texts
  readonly sight: Sight
  readonly text: Text
  /** In ms since 1970. */
  readonly freshUntil: number
}

/** A representation with something that is no id, or leads nowhere. */
export type Nowhere = { readonly type: EntityType; readonly id: string; readonly device: undefined }

export type Places = {
  readonly of: (representation: Representation) => Place | Nowhere
  /** The place of the representation that stands there, of so many bytes; `undefined` where it is another, or not known. */
  readonly at: (body: Buffer, start: number, length: number) => Place | undefined
  /** What is on the shelves takes so many bytes more. */
  readonly kept: (bytes: number) => void
}

const maxPlaces = 20_000
// What follows an id: a quotation mark and a brace. Its last character says less than the others.
const behindId = 3
const hashed = 5

/** `maxBytes`: of what is on all shelves. */
export function createPlaces({
  sealer,
  operators,
  maxBytes,
}: {
  sealer: Sealer
  operators: Pick<Operators, 'find'>
  maxBytes: number
}): Places {
  const places = new Map<string, Place>()
  // The same, to be found by the bytes of a body; of two with one hash the first.
  const byHash = new Map<number, Place>()
  let put = createArena()
  let bytes = 0

  function open({ __typename: type, id }: Representation): Place | undefined {
    const ref = sealer.openRef(id)
    const link = ref && operators.find(ref.device)
    if (!ref || link?.id !== ref.operatorId) return undefined
    const key = twinningKey(ref, link.partition(undefined))
    return {
      type,
      id,
      bytes: put(JSON.stringify({ __typename: type, id })),
      device: ref.device,
      key,
      name: entryName(key),
      shelf: { twinning: undefined, kept: [] },
      last: undefined,
    }
  }

  function keep(name: string, place: Place): void {
    // Which of them are still asked for nobody knows: what is, comes again.
    if (places.size >= maxPlaces) {
      places.clear()
      byHash.clear()
      put = createArena()
      bytes = 0
    }
    places.set(name, place)
    const hash = hashOf(place.bytes, 0, place.bytes.length)
    if (!byHash.has(hash)) byHash.set(hash, place)
  }

  return {
    of: (representation) => {
      const { __typename: type, id } = representation
      const name = `${type} ${id}`
      const known = places.get(name)
      if (known) return known
      const place = open(representation)
      if (place) keep(name, place)
      return place ?? { type, id, device: undefined }
    },
    at: (body, start, length) => {
      const place = byHash.get(hashOf(body, start, length))
      const isIt = place?.bytes.length === length && place.bytes.compare(body, start, start + length) === 0
      return isIt ? place : undefined
    },
    kept: (more) => {
      bytes += more
      if (bytes <= maxBytes) return
      for (const place of places.values()) {
        Object.assign(place.shelf, { twinning: undefined, kept: [] })
        place.last = undefined
      }
      bytes = 0
    },
  }
}

/** Of the length, which differs by type, and the last characters of the id in a representation that stands there. */
function hashOf(body: Buffer, start: number, length: number): number {
  const end = start + length - behindId
  let hash = length
  for (let at = end - hashed; at < end; at++) hash = (Math.imul(hash, 131) + (body[at] ?? 0)) | 0
  return hash
}
