import { GraphQLError, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import { LimitExceeded } from '../../errors.ts'
import { report } from '../../telemetry/channels.ts'
import { toGraphQLError } from '../errors.ts'
import { countTokens, longestList, measure } from './measure.ts'

/** Setting: what a request may have of each, and whether one that has more is refused or only counted. */
export type RequestLimits = {
  readonly mode: 'enforce' | 'measure'
  readonly tokens: number
  readonly depth: number
  readonly aliases: number
  readonly rootFields: number
  readonly directives: number
  readonly listLength: number
}

/** A request as far as it can have too much. */
export type Measurable = { readonly query?: unknown; readonly variables?: unknown }

/** Throws a GraphQLError with code REQUEST_LIMIT_EXCEEDED, before anything is parsed, validated or read in earnest. */
export type CheckRequest = (request: Measurable) => void

// So many times its limit a document is counted, and no further.
const countedTimes = 10
// Documents come again and again; what is longer is rare.
const rememberedBytes = 8 * 1024 * 1024
const longestRemembered = 64 * 1024
const bytesOfOne = 200

export function createCheckRequest(limits: RequestLimits): CheckRequest {
  const known = new LRUCache<string, readonly LimitExceeded[]>({
    maxSize: rememberedBytes,
    maxEntrySize: longestRemembered,
    sizeCalculation: (_, text) => text.length + bytesOfOne,
  })

  function excessesOf(text: string): readonly LimitExceeded[] {
    const before = known.get(text)
    if (before) return before
    const found = documentExcesses(text, limits)
    known.set(text, found)
    return found
  }

  return ({ query, variables }) => {
    const excesses = typeof query === 'string' ? [...excessesOf(query)] : []
    const length = longestList(variables)
    if (length > limits.listLength) excesses.push(new LimitExceeded('listLength', length, limits.listLength))
    const [first] = excesses
    if (!first) return
    if (limits.mode === 'measure') {
      for (const { limit } of excesses) report('limit.exceeded', { limit, outcome: 'measured' })
      return
    }
    report('limit.exceeded', { limit: first.limit, outcome: 'refused' })
    throw toGraphQLError(first, 400)
  }
}

function documentExcesses(text: string, limits: RequestLimits): readonly LimitExceeded[] {
  // A token has one character at least.
  const tokens = text.length > limits.tokens ? countTokens(text, limits.tokens * countedTimes) : 0
  const tooMany = tokens === undefined || tokens > limits.tokens
  const excess = tooMany ? [new LimitExceeded('tokens', tokens, limits.tokens)] : []
  if (tooMany && limits.mode === 'enforce') return excess
  try {
    const measures = measure(parse(text, { noLocation: true }))
    for (const limit of ['depth', 'aliases', 'rootFields', 'directives'] as const)
      if (measures[limit] > limits[limit])
        excess.push(new LimitExceeded(limit, measures[limit], limits[limit]))
    return excess
  } catch (error) {
    // What is no GraphQL gets its proper error from whoever is to execute it.
    if (error instanceof GraphQLError) return excess
    // The parser calls itself for each level.
    if (error instanceof RangeError) return [...excess, new LimitExceeded('depth', undefined, limits.depth)]
    throw error
  }
}
