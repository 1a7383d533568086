import type { ApolloServerPlugin } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import type { Evictions } from '../cache/evictions.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Context } from '../graphql/context.ts'
import type { EstimateCost } from '../graphql/cost/estimate.ts'
import { refusalOf, type CostLimit } from '../graphql/cost/limit.ts'
import { codesOf } from '../graphql/errors.ts'
import type { Admit } from '../graphql/intake.ts'
import { report } from '../telemetry/channels.ts'
import type { Operators } from '../upstream/operators.ts'
import { createAnswers } from './answers.ts'
import {
  withoutVary,
  type Asked,
  type AskedBefore,
  type Executed,
  type Headers,
  type HeadersOf,
  type Hit,
  type Means,
} from './asked.ts'
import { createEntities, type Looked, type Wanted } from './entities.ts'
import { filled, fillIn } from './fill.ts'
import { createFrames } from './frames.ts'
import { createKeys } from './keys.ts'
import { createKnownDocuments } from './known.ts'
import { joinEntities } from './join.ts'
import { createPlaces } from './places.ts'
import { createPlans } from './plans.ts'
import { createEntityRecorder } from './recorder.ts'
import { parseBody } from './representations.ts'
import { createRun, type Runnable } from './run.ts'

/**
 * The fast path: answers that are at hand, so that a request need not be executed, or only for what is missing. What it
 * answers is what execution would have answered in the same moment: whole answers it keeps, with what they were made from,
 * and entities it makes of what the cache holds, by the resolvers that execution would have called.
 */
export type Fast = {
  /**
   * An answer that is at hand, or that can be made without the HTTP framework and Apollo Server; `undefined` where the request
   * is to go to these, nothing having been done that they would not do. `meansOf`: what it takes to execute something.
   */
  readonly serve: (
    asked: Asked,
    now: number,
    meansOf: () => Means,
  ) => Ready | Promise<Ready | undefined> | undefined
  /** To be given every answer of Apollo Server's that may be kept, with the headers that it was sent with. */
  readonly keep: (asked: AskedBefore, context: Context, answer: { body: string; headers: Headers }) => void
  /** Note in the course of execution what is to be kept. */
  readonly plugins: readonly ApolloServerPlugin<Context>[]
}

export type Ready = Hit | Executed

type Answer = { readonly asked: Asked; readonly query: string; readonly context: Context } & Pick<
  Hit,
  'body' | 'headers'
>

const answersBytes = 24 * 1024 * 1024
const entitiesBytes = 24 * 1024 * 1024
// Answers of one variant differ in nothing but their bodies and their freshness.
const maxVariants = 100

/** `isHeard`: whether evictions by other instances are; `forwards`: operators are asked with each caller's own token. */
export function createFast({
  schema,
  estimateCost,
  evictions,
  cache,
  sealer,
  operators,
  admit,
  costLimit,
  longestList,
  cacheTags,
  isHeard,
  forwards,
}: {
  schema: GraphQLSchema
  estimateCost: EstimateCost
  evictions: Evictions
  cache: Cache<Found>
  sealer: Sealer
  operators: Operators
  admit: Admit
  costLimit: CostLimit
  /** Of a request's variables. */
  longestList: number
  /** Whether answers carry the tags of what is in them. */
  cacheTags: boolean
  isHeard: () => boolean
  forwards: boolean
}): Fast {
  const keys = createKeys({ forwards })
  const answers = createAnswers({ evictions, maxBytes: answersBytes })
  const places = createPlaces({ sealer, operators, maxBytes: entitiesBytes })
  const plans = createPlans({ schema, sealer, estimateCost, tags: cacheTags, onKept: places.kept })
  const entities = createEntities({ cache, plans, places, frames: createFrames(places), longestList })
  const recorder = createEntityRecorder(plans)
  const known = createKnownDocuments()
  const { look, run } = createRun({ schema, known, estimateCost, costLimit, longest: longestList, admit })
  const headersOf = new LRUCache<string, HeadersOf>({ max: maxVariants })

  function find(asked: Asked, now: number, headers: HeadersOf, meansOf: () => Means) {
    const key = keys.find(asked)
    return (
      (key === undefined ? undefined : answers.find(key, now)) ??
      (forwards ? undefined : findEntities(asked, now, headers, meansOf)) ??
      (key === undefined ? undefined : answers.join(key))
    )
  }

  function findEntities(asked: Asked, now: number, headers: HeadersOf, meansOf: () => Means) {
    const wanted = entities.read(asked)
    // What goes beyond a limit is left to execution to refuse, or to count.
    if (!wanted || refusalOf(wanted.cost, costLimit.max)) return undefined
    const looked = entities.look(wanted, now)
    const whole = filled(looked)
    return whole ? joinEntities(wanted, whole, headers, now) : fill(wanted, looked, headers, meansOf())
  }

  /** Paid for first, as execution is. */
  async function fill(wanted: Wanted, looked: Looked, headers: HeadersOf, means: Means) {
    if (!means.pays(wanted.cost.cost)) return undefined
    try {
      const whole = await fillIn(wanted, looked, means, { schema, cache, entities, isHeard })
      if (whole && whole.errors.length > 0) means.trail?.failed(codesOf(whole.errors))
      return whole && { ...joinEntities(wanted, whole, headers, Date.now()), isPaid: true }
    } catch {
      return undefined
    }
  }

  function keep({ asked, query, context, body, headers }: Answer): void {
    const key = keys.learn(asked)
    if (key === undefined) return
    const { freshUntil, tags } = context.caching.basis()
    const answer = {
      kind: 'answer' as const,
      body,
      bytes: Buffer.byteLength(body),
      headers,
      freshUntil,
      tags,
      epoch: context.epoch,
      cost: context.budget.estimated(),
      isPaid: false,
      memory: tags.size,
      redis: 0,
    }
    answers.keep(key, answer, query)
  }

  /** What is not at hand, but asked for by a known document. */
  function execute(asked: Asked, headers: HeadersOf, meansOf: () => Means) {
    const runnable = look(asked.body)
    if (!runnable) return undefined
    const means = meansOf()
    if (!means.pays(runnable.cost)) return undefined
    const key = answers.mayKeep(runnable.request.query) ? keys.learn(asked) : undefined
    if (key !== undefined) answers.begin(key)
    return runFor(runnable, asked, headers, means)
  }

  async function runFor(
    runnable: Runnable,
    asked: Asked,
    headers: HeadersOf,
    { createContext }: Means,
  ): Promise<Executed> {
    const context = createContext()
    report('operation.cost', { estimated: runnable.cost, result: 'ok' })
    const { body, result, cacheControl } = await run(runnable, context)
    const isKept = cacheControl !== undefined && cacheControl !== 'no-store'
    // Entities are at hand one by one: the same hundred are hardly asked for twice.
    if (isKept && !recorder.record(context, { ...runnable, result }))
      keep({ asked, query: runnable.request.query, context, body, headers: headers.kept })
    return {
      kind: 'document',
      body,
      cacheControl: cacheControl ?? 'no-store',
      headers: cacheControl === undefined ? headers.plain : headers.kept,
    }
  }

  return {
    plugins: [known.plugin, recorder.plugin],
    serve: (asked, now, meansOf) => {
      const headers = headersOf.get(asked.variant)
      if (!headers) return undefined
      const found = isHeard() ? find(asked, now, headers, meansOf) : undefined
      if (found instanceof Promise)
        return found.then<Ready | undefined>((hit) => hit ?? execute(asked, headers, meansOf))
      return found ?? execute(asked, headers, meansOf)
    },
    keep: ({ body, ...asked }, context, answer) => {
      headersOf.set(asked.variant, { kept: answer.headers, plain: withoutVary(answer.headers) })
      const query = body && parseBody(body.toString('utf8'))?.query
      if (body === undefined || query === undefined || recorder.hasRecorded(context)) return
      keep({ asked: { body, ...asked }, query, context, ...answer })
    },
  }
}
