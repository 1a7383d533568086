import type { Principal } from '../auth/policy.ts'
import type { Cache, Held } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import type { CacheKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Cost } from '../graphql/cost/estimate.ts'
import { sightOf, type Sight } from '../twinnings/visible.ts'
import type { Asked } from './asked.ts'
import type { Place, Places } from './places.ts'
import type { Plan, Plans } from './plans.ts'
import { parseBody, representationsIn, type Representation } from './representations.ts'
import type { Text } from './texts.ts'

/** `_entities` from what memory holds of each twinning. */
export type Entities = {
  /** `undefined` where nothing is known of the query, or it has something out of the ordinary. */
  readonly read: (asked: Asked) => Wanted | undefined
  readonly look: (wanted: Wanted, now: number) => Looked
}

/** Entities that are asked for by a plan, and what the whole query costs. */
export type Wanted = {
  readonly principal: Principal
  readonly plan: Plan
  readonly representations: readonly Representation[]
  readonly cost: Cost
}

/** What is at hand of what is wanted. */
export type Looked = {
  readonly texts: readonly (Text | undefined)[]
  /** The positions of the rest. */
  readonly missing: readonly number[]
  /** What memory lacks of the rest, by its name: what else is missing is there, and takes execution. */
  readonly lacking: ReadonlyMap<string, CacheKey>
  /** Of what is at hand, in ms since 1970. */
  readonly freshUntil: number
}

export function createEntities({
  cache,
  plans,
  places,
}: {
  cache: Cache<Found>
  plans: Plans
  places: Pick<Places, 'of'>
}): Entities {
  function heldAt(place: Place, changes: number, now: number): Held<Found> | undefined {
    if (place.heldAt !== changes || !place.held || place.held.freshUntil <= now) {
      place.held = cache.atHand(place.key.tag, place.name, now)
      place.heldAt = changes
    }
    return place.held
  }

  return {
    read: ({ body, principal }) => {
      const mayBe = !plans.isEmpty() && body.includes('_entities')
      const parsed = mayBe ? parseBody(body.toString('utf8')) : undefined
      const plan = parsed && plans.get(parsed.query)
      const representations = plan && representationsIn(parsed, plan.shape)
      return representations && { principal, plan, representations, cost: costOf(plan, representations) }
    },
    look: ({ principal, plan, representations }, now) => {
      const sight = sightsOf(principal)
      const texts: (Text | undefined)[] = []
      const missing: number[] = []
      const lacking = new Map<string, CacheKey>()
      const changes = cache.changes()
      let freshUntil = Infinity
      for (const { __typename: type, id } of representations) {
        const place = places.of(id)
        const seen = place && sight(place.device)
        const held = seen && heldAt(place, changes, now)
        const twinning = held?.value.twinning
        const text = place && seen && twinning && plan.texts.of(type, place.shelf, twinning, seen)
        if (held && text && held.freshUntil < freshUntil) freshUntil = held.freshUntil
        if (!text) missing.push(texts.length)
        if (seen && !held) lacking.set(place.name, place.key)
        texts.push(text)
      }
      return { texts, missing, lacking, freshUntil }
    },
  }
}

function costOf({ base, costs }: Plan, representations: readonly Representation[]): Cost {
  let { cost, leaves } = base
  for (const { __typename: type } of representations) {
    cost += costs[type].cost
    leaves += costs[type].leaves
  }
  return { cost, leaves }
}

/** A caller's own device may be seen in another way than the others; those are all seen in one. */
function sightsOf(principal: Principal): (device: DeviceAddress) => Sight | undefined {
  const { address } = principal
  const own = address && sightOf(principal, address)
  let others: { readonly sight: Sight | undefined } | undefined
  return (device) => (device === address ? own : (others ??= { sight: sightOf(principal, device) }).sight)
}
