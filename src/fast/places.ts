import { entryName, twinningKey, type CacheKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Operators } from '../upstream/operators.ts'

/** Where an id leads. `name`: the key's `entryName`. */
export type Place = {
  readonly id: string
  readonly device: DeviceAddress
  readonly key: CacheKey
  readonly name: string
}

const maxPlaces = 20_000
const endLength = 24

/** Answers where ids lead: `undefined` for what is no id, or leads nowhere. */
export function createPlaces({
  sealer,
  operators,
}: {
  sealer: Sealer
  operators: Operators
}): (id: string) => Place | undefined {
  // By the ends of their ids, which are quicker to look up and differ as the whole does: that is compared then.
  const places = new Map<string, Place>()

  return (id) => {
    const end = id.slice(-endLength)
    const known = places.get(end)
    if (known?.id === id) return known
    const ref = sealer.openRef(id)
    const link = ref && operators.find(ref.device)
    if (!ref || link?.id !== ref.operatorId) return undefined
    const key = twinningKey(ref, link.partition(undefined))
    const place = { id, device: ref.device, key, name: entryName(key) }
    // Which of them are still asked for nobody knows: what is, comes again.
    if (places.size >= maxPlaces) places.clear()
    places.set(end, place)
    return place
  }
}
