import { LRUCache } from 'lru-cache'
import type { Principal } from '../auth/policy.ts'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import { entryName, twinningKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Twinning } from '../domain/twinning.ts'
import { sightOf, type Sight, type VisibleTwinning } from '../twinnings/visible.ts'
import type { Operators } from '../upstream/operators.ts'
import type { Asked, Hit } from './asked.ts'
import type { EntitiesShape } from './plan.ts'

/** `_entities` from texts that are ready, one for each twinning: all, or none. */
export type Entities = {
  readonly find: (asked: Asked, now: number) => Omit<Hit, 'headers'> | undefined
  /** Keeps an answer's entities by themselves. */
  readonly keep: (query: string, answer: EntitiesAnswer) => void
}

/** An answer to a query of that shape. `costOf`: of so many representations of a type. */
export type EntitiesAnswer = {
  readonly shape: EntitiesShape
  readonly entities: readonly {
    readonly typename: string
    readonly visible: VisibleTwinning
    readonly json: string
    readonly tags: string | undefined
  }[]
  readonly costOf: (typename: string | undefined) => number
}

/** What an entity is in an answer, and its tags: both JSON. */
type Text = { readonly json: string; readonly tags: string | undefined }
type TextsOfType = { readonly cost: number; readonly full: Texts; readonly masked: Texts }
type Texts = WeakMap<Twinning, Text>
type Plan = { readonly shape: EntitiesShape; readonly base: number; readonly types: Map<string, TextsOfType> }
/** Where an id leads. */
type Place = { readonly device: DeviceAddress; readonly tag: string; readonly name: string }

// A router asks by few documents, each again and again.
const maxPlans = 200
const longestQuery = 8 * 1024
const maxPlaces = 20_000
const bytesOfOne = 200

/** `maxBytes`: of all texts together. */
export function createEntities({
  cache,
  sealer,
  operators,
  maxBytes,
}: {
  cache: Cache<Found>
  sealer: Sealer
  operators: Operators
  maxBytes: number
}): Entities {
  const plans = new LRUCache<string, Plan>({ max: maxPlans })
  const places = new Map<string, Place>()
  let bytes = 0

  function placeOf(id: string): Place | undefined {
    const known = places.get(id)
    if (known) return known
    const ref = sealer.openRef(id)
    const link = ref && operators.find(ref.device)
    if (!ref || link?.id !== ref.operatorId) return undefined
    const key = twinningKey(ref, link.partition(undefined))
    const place = { device: ref.device, tag: key.tag, name: entryName(key) }
    // Which of them are still asked for nobody knows: what is, comes again.
    if (places.size >= maxPlaces) places.clear()
    places.set(id, place)
    return place
  }

  /** The texts of all representations, or nothing. */
  function join(
    plan: Plan,
    representations: readonly unknown[],
    { principal, now }: { principal: Principal; now: number },
  ): Omit<Hit, 'headers'> | undefined {
    const sight = sightsOf(principal)
    let [json, tags, cost, freshUntil] = ['', '', plan.base, Infinity]
    for (const one of representations) {
      const { typename, id } = idOf(one) ?? {}
      const type = typename === undefined ? undefined : plan.types.get(typename)
      const place = id === undefined ? undefined : placeOf(id)
      const seen = place && sight(place.device)
      if (!type || !seen) return undefined
      const held = cache.atHand(place.tag, place.name, now)
      const text = held?.value.twinning && type[seen].get(held.value.twinning)
      if (!held || !text) return undefined
      json += json === '' ? text.json : `,${text.json}`
      if (text.tags !== undefined) tags += tags === '' ? text.tags : `,${text.tags}`
      cost += type.cost
      if (held.freshUntil < freshUntil) freshUntil = held.freshUntil
    }
    const extensions = tags === '' ? '' : `,"extensions":{"apolloEntityCacheTags":[${tags}]}`
    const body = `{"data":{${JSON.stringify(plan.shape.responseKey)}:[${json}]}${extensions}}`
    return { kind: 'entities', body, freshUntil, cost, entries: representations.length }
  }

  return {
    find: ({ text, principal }, now) => {
      const request = plans.size > 0 && text.includes('_entities') ? parse(text) : undefined
      const plan = typeof request?.query === 'string' ? plans.get(request.query) : undefined
      const representations = request && plan && representationsIn(request, plan.shape)
      return representations && join(plan, representations, { principal, now })
    },
    keep: (query, { shape, entities, costOf }) => {
      if (query.length > longestQuery) return
      if (bytes > maxBytes) {
        plans.clear()
        bytes = 0
      }
      const base = costOf(undefined)
      const plan = plans.get(query) ?? { shape, base, types: new Map<string, TextsOfType>() }
      plans.set(query, plan)
      for (const { typename, visible, json, tags } of entities) {
        const type = plan.types.get(typename) ?? {
          cost: costOf(typename) - base,
          full: new WeakMap(),
          masked: new WeakMap(),
        }
        plan.types.set(typename, type)
        type[visible.sight].set(visible.twinning, { json, tags })
        bytes += json.length + (tags?.length ?? 0) + bytesOfOne
      }
    },
  }
}

/** Of a representation that has nothing else: what else it may hold is looked at by others. */
function idOf(one: unknown): { readonly typename: string; readonly id: string } | undefined {
  if (typeof one !== 'object' || one === null) return undefined
  const { __typename: typename, id } = one as { readonly __typename?: unknown; readonly id?: unknown }
  return hasTwoKeys(one) && typeof typename === 'string' && typeof id === 'string'
    ? { typename, id }
    : undefined
}

function hasTwoKeys(one: object): boolean {
  let count = 0
  // Without the list that Object.keys makes: of a hundred representations that is noticed.
  for (const key in one) count += key === '' ? 2 : 1
  return count === 2
}

/** A caller's own device may be seen in another way than the others; those are all seen in one. */
function sightsOf(principal: Principal): (device: DeviceAddress) => Sight | undefined {
  const { address } = principal
  const own = address && sightOf(principal, address)
  let others: { readonly sight: Sight | undefined } | undefined
  return (device) => (device === address ? own : (others ??= { sight: sightOf(principal, device) }).sight)
}

type Request = {
  readonly query?: unknown
  readonly variables?: unknown
  readonly operationName?: unknown
  readonly extensions?: unknown
}

function parse(text: string): Request | undefined {
  try {
    const request: unknown = JSON.parse(text)
    return typeof request === 'object' && request !== null ? request : undefined
  } catch {
    return undefined
  }
}

/** Where nothing but the representations was given. */
function representationsIn(
  { variables, operationName, extensions, ...rest }: Request,
  { variable, operationName: expected }: EntitiesShape,
): readonly unknown[] | undefined {
  if (extensions !== undefined || Object.keys(rest).length > 1) return undefined
  if (operationName !== undefined && operationName !== null && operationName !== expected) return undefined
  if (typeof variables !== 'object' || variables === null) return undefined
  const [first, another] = Object.entries(variables) as [string, unknown][]
  const isAlone = first?.[0] === variable && !another
  return isAlone && Array.isArray(first[1]) && first[1].length > 0 ? first[1] : undefined
}
