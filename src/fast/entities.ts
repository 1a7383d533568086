import type { Principal } from '../auth/policy.ts'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import type { CacheKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Cost } from '../graphql/cost/estimate.ts'
import { sightOf, type Sight } from '../twinnings/visible.ts'
import type { Asked } from './asked.ts'
import type { Frames } from './frames.ts'
import type { Last, Nowhere, Place, Places } from './places.ts'
import type { Plan, Plans } from './plans.ts'
import { parseBody, representationsIn } from './representations.ts'
import type { Text, Texts } from './texts.ts'

/** `_entities` from what memory holds of each twinning. */
export type Entities = {
  /** `undefined` where nothing is known of the query, or it has something out of the ordinary, or too much. */
  readonly read: (asked: Asked) => Wanted | undefined
  readonly look: (wanted: Wanted, now: number) => Looked
}

/** Entities that are asked for by a plan, and what the whole query costs. */
export type Wanted = {
  readonly principal: Principal
  readonly plan: Plan
  readonly places: readonly (Place | Nowhere)[]
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
  frames,
  longestList,
}: {
  cache: Cache<Found>
  plans: Plans
  places: Pick<Places, 'of'>
  frames: Frames
  /** What has more representations is not looked at. */
  longestList: number
}): Entities {
  /** What memory has of a place, as it was answered the last time, or made now; `undefined` where it takes more than that. */
  function find(place: Place, sight: Sight, { texts, changes, now, lacking }: Looking): Last | undefined {
    const { last } = place
    if (last?.changes === changes && last.texts === texts && last.sight === sight && last.freshUntil > now)
      return last
    const held = cache.atHand(place.key.tag, place.name, now)
    if (!held) lacking.set(place.name, place.key)
    const twinning = held?.value.twinning
    const text = twinning && texts.of(place.type, place.shelf, twinning, sight)
    place.last = text && { changes, texts, sight, text, freshUntil: held.freshUntil }
    return place.last
  }

  function parsed(body: Buffer): Pick<Wanted, 'plan' | 'places'> | undefined {
    const request = body.includes('_entities') ? parseBody(body.toString('utf8')) : undefined
    const plan = request && plans.get(request.query)
    const representations = plan && representationsIn(request, plan.shape)
    if (!representations || representations.length > longestList) return undefined
    frames.learn(body, plan, representations)
    return { plan, places: representations.map(places.of) }
  }

  return {
    read: ({ body, principal }) => {
      if (plans.isEmpty()) return undefined
      const found = frames.read(body) ?? parsed(body)
      if (!found || found.places.length > longestList) return undefined
      return { principal, ...found, cost: costOf(found) }
    },
    look: ({ principal, plan, places: wanted }, now) => {
      const sight = sightsOf(principal)
      const lacking = new Map<string, CacheKey>()
      const looking = { texts: plan.texts, changes: cache.changes(), now, lacking }
      const texts: (Text | undefined)[] = []
      const missing: number[] = []
      let freshUntil = Infinity
      for (const place of wanted) {
        const seen = place.device && sight(place.device)
        const found = seen && find(place, seen, looking)
        if (found && found.freshUntil < freshUntil) freshUntil = found.freshUntil
        if (!found) missing.push(texts.length)
        texts.push(found?.text)
      }
      return { texts, missing, lacking, freshUntil }
    },
  }
}

type Looking = {
  readonly texts: Texts
  readonly changes: number
  readonly now: number
  readonly lacking: Map<string, CacheKey>
}

function costOf({ plan: { base, costs }, places }: Pick<Wanted, 'plan' | 'places'>): Cost {
  let { cost, leaves } = base
  for (const { type } of places) {
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
