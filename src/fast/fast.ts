import type { ApolloServerPlugin } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import type { Evictions } from '../cache/evictions.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Context } from '../graphql/context.ts'
import { createEstimateCost } from '../graphql/cost/estimate.ts'
import { refusalOf, type CostLimit } from '../graphql/cost/limit.ts'
import type { Operators } from '../upstream/operators.ts'
import { createAnswers } from './answers.ts'
import { classOf, type Asked, type Executed, type Headers, type Hit, type Means } from './asked.ts'
import { createEntities, type Looked, type Wanted } from './entities.ts'
import { filled, fillIn, type Filled } from './fill.ts'
import { createPlaces } from './places.ts'
import { createPlans } from './plans.ts'
import { createEntityRecorder } from './recorder.ts'

/**
 * The fast path: answers that are at hand, so that a request need not be executed, or only for what is missing. What it
 * answers is what execution would have answered in the same moment: whole answers it keeps, with what they were made from,
 * and entities it makes of what the cache holds, by the resolvers that execution would have called.
 */
export type Fast = {
  /**
   * An answer that is at hand; a promise where entities are to be brought from Redis or executed first that are not, of
   * `undefined` where the request is to be executed as any other. `meansOf`: what that needs.
   */
  readonly find: (
    asked: Asked,
    now: number,
    meansOf: () => Means,
  ) => Hit | Promise<Hit | undefined> | undefined
  /** To be given every answer that may be kept, with the headers that it was sent with. */
  readonly keep: (executed: Executed, context: Context, answer: { body: string; headers: Headers }) => void
  /** Notes in the course of execution what is to be kept. */
  readonly plugin: ApolloServerPlugin<Context>
}

const answersBytes = 24 * 1024 * 1024
const entitiesBytes = 24 * 1024 * 1024
// Answers of one variant differ in nothing but their bodies and their freshness.
const maxVariants = 100

/** `isHeard`: whether evictions by other instances are; `forwards`: operators are asked with each caller's own token. */
export function createFast({
  schema,
  evictions,
  cache,
  sealer,
  operators,
  costLimit,
  longestList,
  cacheTags,
  isHeard,
  forwards,
}: {
  schema: GraphQLSchema
  evictions: Evictions
  cache: Cache<Found>
  sealer: Sealer
  operators: Operators
  costLimit: CostLimit
  /** Of a request's variables. */
  longestList: number
  /** Whether answers carry the tags of what is in them. */
  cacheTags: boolean
  isHeard: () => boolean
  forwards: boolean
}): Fast {
  const answers = createAnswers({ evictions, maxBytes: answersBytes })
  const estimateCost = createEstimateCost(schema)
  const plans = createPlans({ schema, sealer, estimateCost, tags: cacheTags, maxBytes: entitiesBytes })
  const entities = createEntities({ cache, plans, placeOf: createPlaces({ sealer, operators }) })
  const recorder = createEntityRecorder(plans)
  const headersOf = new LRUCache<string, Headers>({ max: maxVariants })

  function findEntities(asked: Asked, now: number, meansOf: () => Means) {
    const headers = headersOf.get(asked.variant)
    const wanted = headers && entities.read(asked)
    if (!wanted) return undefined
    // What goes beyond a limit is left to execution to refuse, or to count.
    if (wanted.representations.length > longestList || refusalOf(wanted.cost, costLimit.max)) return undefined
    const looked = entities.look(wanted, now)
    const whole = filled(looked)
    return whole ? hitOf(wanted, whole, headers) : fill(wanted, looked, headers, meansOf())
  }

  /** Paid for first, as execution is. */
  function fill(wanted: Wanted, looked: Looked, headers: Headers, means: Means) {
    if (!means.pays(wanted.cost.cost)) return undefined
    const filling = fillIn(wanted, looked, means, { schema, cache, entities, isHeard })
    return filling.then((whole) => whole && { ...hitOf(wanted, whole, headers), isPaid: true })
  }

  return {
    plugin: recorder.plugin,
    find: (asked, now, meansOf) => {
      if (!isHeard()) return undefined
      const callerClass = classOf(asked.principal, forwards)
      return (
        answers.find(asked, callerClass, now) ??
        (forwards ? undefined : findEntities(asked, now, meansOf)) ??
        answers.join(asked, callerClass)
      )
    },
    keep: ({ text, variant, principal }, context, { body, headers }) => {
      const { freshUntil, tags } = context.caching.basis()
      headersOf.set(variant, headers)
      // Entities are at hand one by one: the same hundred are hardly asked for twice.
      if (text === undefined || recorder.hasRecorded(context)) return
      answers.keep({ text, variant, principal }, classOf(principal, forwards), {
        kind: 'answer',
        body,
        headers,
        freshUntil,
        tags,
        epoch: context.epoch,
        cost: context.budget.estimated(),
        isPaid: false,
        memory: tags.size,
        redis: 0,
      })
    },
  }
}

function hitOf({ plan, cost }: Wanted, { texts, freshUntil, memory, redis }: Filled, headers: Headers): Hit {
  const json = texts.map((text) => text.json).join(',')
  const tags = texts[0]?.tags === undefined ? '' : texts.map((text) => text.tags).join(',')
  const extensions = tags === '' ? '' : `,"extensions":{"apolloEntityCacheTags":[${tags}]}`
  return {
    kind: 'entities',
    body: `{"data":{${JSON.stringify(plan.shape.responseKey)}:[${json}]}${extensions}}`,
    headers,
    freshUntil,
    cost: cost.cost,
    isPaid: false,
    memory,
    redis,
  }
}
