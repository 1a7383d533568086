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
import type { Admit } from '../graphql/intake.ts'
import { report } from '../telemetry/channels.ts'
import type { Operators } from '../upstream/operators.ts'
import { createAnswers } from './answers.ts'
import { classOf, withoutVary, type Asked, type Executed, type Headers, type Hit } from './asked.ts'
import { createEntities, type Looked } from './entities.ts'
import { fillIn, type Filled } from './fill.ts'
import { createKnownDocuments } from './known.ts'
import { createEntityRecorder } from './recorder.ts'
import { createRun, type Runnable } from './run.ts'

/**
 * The fast path: answers that are at hand, so that a request need not be executed, or only for what is missing. What it
 * answers is what execution would have answered in the same moment: it keeps what was, with what it was made from, and
 * nothing else.
 */
export type Fast = {
  /**
   * An answer that is at hand; a promise where entities are to be executed first that are not, of `undefined` where the
   * request is to be executed as any other. `createContext` makes what that needs.
   */
  readonly find: (
    asked: Asked,
    now: number,
    createContext: () => Promise<Context>,
  ) => Hit | Promise<Hit | undefined> | undefined
  /**
   * What is not at hand, but asked for by a known document, is executed here; `undefined` where that is to be left to Apollo
   * Server, nothing having been done. Who can't `pay` is left to it as well.
   */
  readonly execute: (asked: Asked, caller: Caller) => Promise<Executed> | undefined
  /** To be given every answer of Apollo Server's that may be kept, with the headers that it was sent with. */
  readonly keep: (asked: Asked, context: Context, answer: { body: string; headers: Headers }) => void
  /** Note in the course of execution what is to be kept. */
  readonly plugins: readonly ApolloServerPlugin<Context>[]
}

/** `pays`: takes what the request costs from what its caller may still ask for. */
export type Caller = { readonly pays: (cost: number) => boolean; readonly createContext: () => Context }

/** Of answers that may be kept, and of those that may not. */
type HeadersOf = { readonly kept: Headers; readonly plain: Headers }
type Answer = {
  readonly asked: Asked
  readonly context: Context
  readonly body: string
  readonly headers: Headers
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
  admit,
  costLimit,
  longestList,
  isHeard,
  forwards,
}: {
  schema: GraphQLSchema
  evictions: Evictions
  cache: Cache<Found>
  sealer: Sealer
  operators: Operators
  admit: Admit
  costLimit: CostLimit
  /** Of a request's variables. */
  longestList: number
  isHeard: () => boolean
  forwards: boolean
}): Fast {
  const answers = createAnswers({ evictions, maxBytes: answersBytes })
  const estimateCost = createEstimateCost(schema)
  const entities = createEntities({ cache, sealer, operators, estimateCost, maxBytes: entitiesBytes })
  const recorder = createEntityRecorder(entities)
  const known = createKnownDocuments()
  const { look, run } = createRun({ schema, known, estimateCost, costLimit, longest: longestList, admit })
  const headersOf = new LRUCache<string, HeadersOf>({ max: maxVariants })

  function findEntities(asked: Asked, now: number, createContext: () => Promise<Context>) {
    const headers = headersOf.get(asked.variant)?.kept
    const looked = headers && entities.look(asked, now)
    // What goes beyond a limit is left to execution to refuse, or to count.
    if (!looked || looked.texts.length > longestList || refusalOf(looked.cost, costLimit.max))
      return undefined
    if (looked.missing.length > 0) return fill(looked, headers, createContext)
    return hitOf(looked, looked as Filled, headers)
  }

  async function fill(looked: Looked, headers: Headers, createContext: () => Promise<Context>) {
    const filled = await fillIn(looked, { schema, context: await createContext(), entities })
    return filled && hitOf(looked, filled, headers)
  }

  function keep({ asked, context, body, headers }: Answer) {
    const { freshUntil, tags } = context.caching.basis()
    answers.keep(asked, classOf(asked.principal, forwards), {
      kind: 'answer',
      body,
      headers,
      freshUntil,
      tags,
      epoch: context.epoch,
      cost: context.budget.estimated(),
      entries: tags.size,
    })
  }

  async function runFor(runnable: Runnable, asked: Asked, context: Context, headers: HeadersOf) {
    report('operation.cost', { estimated: runnable.cost, result: 'ok' })
    const { body, result, cacheControl } = await run(runnable, context)
    const isKept = cacheControl !== undefined && cacheControl !== 'no-store'
    // Each entity is kept by itself: the same hundred are hardly asked for twice.
    if (isKept && !recorder.record(context, { ...runnable, result }))
      keep({ asked, context, body, headers: headers.kept })
    return {
      body,
      cacheControl: cacheControl ?? 'no-store',
      headers: cacheControl === undefined ? headers.plain : headers.kept,
    }
  }

  return {
    plugins: [known.plugin, recorder.plugin],
    find: (asked, now, createContext) => {
      if (!isHeard()) return undefined
      const callerClass = classOf(asked.principal, forwards)
      return (
        answers.find(asked, callerClass, now) ??
        (forwards ? undefined : findEntities(asked, now, createContext)) ??
        answers.join(asked, callerClass)
      )
    },
    execute: (asked, { pays, createContext }) => {
      const headers = headersOf.get(asked.variant)
      const runnable = headers && look(asked.text)
      return runnable && pays(runnable.cost) ? runFor(runnable, asked, createContext(), headers) : undefined
    },
    keep: (asked, context, { body, headers }) => {
      headersOf.set(asked.variant, { kept: headers, plain: withoutVary(headers) })
      if (!recorder.hasRecorded(context)) keep({ asked, context, body, headers })
    },
  }
}

function hitOf({ plan, cost, texts, missing }: Looked, filled: Filled, headers: Headers): Hit {
  const json = filled.texts.map((text) => text.json).join(',')
  const tags = filled.texts[0]?.tags === undefined ? '' : filled.texts.map((text) => text.tags).join(',')
  const extensions = tags === '' ? '' : `,"extensions":{"apolloEntityCacheTags":[${tags}]}`
  return {
    kind: 'entities',
    body: `{"data":{${JSON.stringify(plan.shape.responseKey)}:[${json}]}${extensions}}`,
    headers,
    freshUntil: filled.freshUntil,
    cost: cost.cost,
    entries: texts.length - missing.length,
  }
}
