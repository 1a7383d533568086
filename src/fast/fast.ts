import type { ApolloServerPlugin } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import type { Evictions } from '../cache/evictions.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Context } from '../graphql/context.ts'
import type { Operators } from '../upstream/operators.ts'
import { createAnswers } from './answers.ts'
import { classOf, type Asked, type Headers, type Hit } from './asked.ts'
import { createEntities } from './entities.ts'
import { createEntityRecorder } from './recorder.ts'

/**
 * The fast path: answers that are at hand, so that a request need not be executed. What it answers is what execution would
 * have answered from the cache in the same moment: it keeps what was, with what it was made from, and nothing else.
 */
export type Fast = {
  readonly find: (asked: Asked, now: number) => Hit | undefined
  /** To be given every answer that may be kept, with the headers that it was sent with. */
  readonly keep: (asked: Asked, context: Context, answer: { body: string; headers: Headers }) => void
  /** Notes in the course of execution what `keep` needs to know. */
  readonly plugin: ApolloServerPlugin<Context>
}

const answersBytes = 24 * 1024 * 1024
const entitiesBytes = 24 * 1024 * 1024

/** `isHeard`: whether evictions by other instances are; `forwards`: operators are asked with each caller's own token. */
export function createFast({
  schema,
  evictions,
  cache,
  sealer,
  operators,
  isHeard,
  forwards,
}: {
  schema: GraphQLSchema
  evictions: Evictions
  cache: Cache<Found>
  sealer: Sealer
  operators: Operators
  isHeard: () => boolean
  forwards: boolean
}): Fast {
  const answers = createAnswers({ evictions, maxBytes: answersBytes })
  const entities = createEntities({ cache, sealer, operators, maxBytes: entitiesBytes })
  const recorder = createEntityRecorder({ schema, entities })
  // Answers of one variant and scope differ in nothing but their bodies and their freshness.
  const headersOf = new Map<string, Headers>()
  const maxVariants = 100

  return {
    plugin: recorder.plugin,
    find: (asked, now) => {
      if (!isHeard()) return undefined
      const found = answers.find(asked, classOf(asked.principal, forwards), now)
      if (found || forwards) return found
      const headers = headersOf.get(asked.variant)
      const joined = headers && entities.find(asked, now)
      return joined && { ...joined, headers }
    },
    keep: (asked, context, { body, headers }) => {
      const { freshUntil, tags } = context.caching.basis()
      if (headersOf.size < maxVariants) headersOf.set(asked.variant, headers)
      // Each of them is kept by itself: the same hundred are hardly asked for twice.
      if (recorder.hasRecorded(context)) return
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
    },
  }
}
