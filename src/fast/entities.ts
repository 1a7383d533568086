import { LRUCache } from 'lru-cache'
import type { DocumentNode } from 'graphql'
import type { Principal } from '../auth/policy.ts'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import { entryName, twinningKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Cost, EstimateCost } from '../graphql/cost/estimate.ts'
import { sightOf, type Sight, type VisibleTwinning } from '../twinnings/visible.ts'
import type { Operators } from '../upstream/operators.ts'
import type { Asked } from './asked.ts'
import { operationOf, type EntitiesShape } from './plan.ts'
import { parseBody, representationsIn, type Representation } from './representations.ts'
import { createPlan, type Plan, type Text } from './texts.ts'

/** `_entities` from texts that are ready, one for each twinning. */
export type Entities = {
  /** `undefined` where nothing is known of the query, or it has something out of the ordinary. */
  readonly look: (asked: Asked, now: number) => Looked | undefined
  /** Keeps the texts of what was executed, and answers them in its order. */
  readonly learn: (query: string, made: Made) => readonly Text[]
}

/** What is at hand of what is asked for: `missing` are the positions of the rest. */
export type Looked = {
  readonly query: string
  readonly plan: Plan
  readonly representations: readonly Representation[]
  readonly texts: readonly (Text | undefined)[]
  readonly missing: readonly number[]
  /** Of what is at hand, in ms since 1970. */
  readonly freshUntil: number
  /** Of the whole query. */
  readonly cost: Cost
}

/** A query of that shape and what it was answered with, by position. */
export type Made = {
  readonly shape: EntitiesShape
  readonly document: DocumentNode
  readonly representations: readonly Representation[]
  /** The twinnings that were found. */
  readonly found: ReadonlyMap<number, object>
  readonly values: readonly unknown[]
  readonly tags: readonly unknown[] | undefined
}

/** Where an id leads. */
type Place = {
  readonly id: string
  readonly device: DeviceAddress
  readonly tag: string
  readonly name: string
}

// A router asks by few documents, each again and again.
const maxPlans = 200
const longestQuery = 8 * 1024
const maxPlaces = 20_000
const endLength = 24
const bytesOfOne = 200

/** `maxBytes`: of all texts together. */
export function createEntities({
  cache,
  sealer,
  operators,
  estimateCost,
  maxBytes,
}: {
  cache: Cache<Found>
  sealer: Sealer
  operators: Operators
  estimateCost: EstimateCost
  maxBytes: number
}): Entities {
  const plans = new LRUCache<string, Plan>({ max: maxPlans })
  // By the ends of their ids, which are quicker to look up and differ as the whole does: that is compared then.
  const places = new Map<string, Place>()
  let bytes = 0

  function placeOf(id: string): Place | undefined {
    const end = id.slice(-endLength)
    const known = places.get(end)
    if (known?.id === id) return known
    const ref = sealer.openRef(id)
    const link = ref && operators.find(ref.device)
    if (!ref || link?.id !== ref.operatorId) return undefined
    const key = twinningKey(ref, link.partition(undefined))
    const place = { id, device: ref.device, tag: key.tag, name: entryName(key) }
    // Which of them are still asked for nobody knows: what is, comes again.
    if (places.size >= maxPlaces) places.clear()
    places.set(end, place)
    return place
  }

  function lookAt(
    query: string,
    plan: Plan,
    representations: readonly Representation[],
    asked: Asked,
    now: number,
  ) {
    const sight = sightsOf(asked.principal)
    const texts: (Text | undefined)[] = []
    const missing: number[] = []
    let [cost, leaves, freshUntil] = [plan.base.cost, plan.base.leaves, Infinity]
    for (const { __typename: type, id } of representations) {
      const place = placeOf(id)
      const seen = place && sight(place.device)
      const held = seen && cache.atHand(place.tag, place.name, now)
      const text = held?.value.twinning && plan.texts[type][seen as Sight].get(held.value.twinning)
      if (held && text && held.freshUntil < freshUntil) freshUntil = held.freshUntil
      if (!text) missing.push(texts.length)
      texts.push(text)
      cost += plan.costs[type].cost
      leaves += plan.costs[type].leaves
    }
    return { query, plan, representations, texts, missing, freshUntil, cost: { cost, leaves } }
  }

  function planFor(query: string, { shape, document }: Made): Plan {
    const operation = operationOf(document)
    const costOf = (typename: string | undefined) =>
      operation
        ? estimateCost({
            document,
            operation,
            variables: { [shape.variable]: typename ? [{ __typename: typename }] : [] },
          })
        : { cost: 0, leaves: 0 }
    const plan = plans.get(query) ?? createPlan(shape, document, costOf)
    if (query.length <= longestQuery) plans.set(query, plan)
    return plan
  }

  return {
    look: (asked, now) => {
      const body = plans.size > 0 && asked.text.includes('_entities') ? parseBody(asked.text) : undefined
      const plan = body && plans.get(body.query)
      const representations = plan && representationsIn(body, plan.shape)
      return representations && lookAt(body.query, plan, representations, asked, now)
    },
    learn: (query, made) => {
      if (bytes > maxBytes) {
        plans.clear()
        bytes = 0
      }
      const plan = planFor(query, made)
      return made.representations.map(({ __typename: type }, index) => {
        const text = textOf(made, index)
        const visible = made.found.get(index) as VisibleTwinning | undefined
        if (visible) plan.texts[type][visible.sight].set(visible.twinning, text)
        bytes += text.json.length + (text.tags?.length ?? 0) + bytesOfOne
        return text
      })
    },
  }
}

function textOf({ values, tags }: Made, index: number): Text {
  return {
    json: JSON.stringify(values[index] ?? null),
    tags: tags && JSON.stringify(tags[index] ?? []),
  }
}

/** A caller's own device may be seen in another way than the others; those are all seen in one. */
function sightsOf(principal: Principal): (device: DeviceAddress) => Sight | undefined {
  const { address } = principal
  const own = address && sightOf(principal, address)
  let others: { readonly sight: Sight | undefined } | undefined
  return (device) => (device === address ? own : (others ??= { sight: sightOf(principal, device) }).sight)
}
