import type { Held } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import { entryName, twinningKey, type CacheKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Operators } from '../upstream/operators.ts'
import type { Shelf } from './texts.ts'

/** Where an id leads, and what has been made of what is there. `name`: the key's `entryName`. */
export type Place = {
  readonly id: string
  readonly device: DeviceAddress
  readonly key: CacheKey
  readonly name: string
  readonly shelf: Shelf
  /** What memory held of it when its cache's `changes` were these: it does so while they are. */
  held: Held<Found> | undefined
  heldAt: number
}

export type Places = {
  /** `undefined` for what is no id, or leads nowhere. */
  readonly of: (id: string) => Place | undefined
  /** What is on the shelves takes so many bytes more. */
  readonly kept: (bytes: number) => void
}

const maxPlaces = 20_000
const endLength = 24

/** `maxBytes`: of what is on all shelves. */
export function createPlaces({
  sealer,
  operators,
  maxBytes,
}: {
  sealer: Sealer
  operators: Operators
  maxBytes: number
}): Places {
  // By the ends of their ids, which are quicker to look up and differ as the whole does: that is compared then.
  const places = new Map<string, Place>()
  let bytes = 0

  return {
    of: (id) => {
      const end = id.slice(-endLength)
      const known = places.get(end)
      if (known?.id === id) return known
      const ref = sealer.openRef(id)
      const link = ref && operators.find(ref.device)
      if (!ref || link?.id !== ref.operatorId) return undefined
      const key = twinningKey(ref, link.partition(undefined))
      const shelf = { twinning: undefined, kept: [] }
      const name = entryName(key)
      const place: Place = { id, device: ref.device, key, name, shelf, held: undefined, heldAt: -1 }
      // Which of them are still asked for nobody knows: what is, comes again.
      if (places.size >= maxPlaces) {
        places.clear()
        bytes = 0
      }
      places.set(end, place)
      return place
    },
    kept: (more) => {
      bytes += more
      if (bytes <= maxBytes) return
      for (const { shelf } of places.values()) Object.assign(shelf, { twinning: undefined, kept: [] })
      bytes = 0
    },
  }
}
