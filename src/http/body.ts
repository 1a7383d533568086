import type { FastifyInstance } from 'fastify'
import type { GraphQLFormattedError } from 'graphql'
import { LimitExceeded } from '../errors.ts'
import { toGraphQLError } from '../graphql/errors.ts'
import { report } from '../telemetry/channels.ts'

/** Setting: how long a body may be. */
export type BodyLimit = { readonly mode: 'enforce' | 'measure'; readonly bodyBytes: number }

// What is only measured must not fill the memory either.
const measuredTimes = 8

/** What is read at all. */
export function longestBody({ mode, bodyBytes }: BodyLimit): number {
  return mode === 'enforce' ? bodyBytes : bodyBytes * measuredTimes
}

/** Counts the bodies that are longer than they should be. */
export function measureBodies(app: FastifyInstance, limit: BodyLimit): void {
  if (limit.mode === 'enforce') return
  app.addHook('onRequest', ({ headers }, _, done) => {
    if (Number(headers['content-length'] ?? 0) > limit.bodyBytes)
      report('limit.exceeded', { limit: 'body', outcome: 'measured' })
    done()
  })
}

/** The refusal of a body that is too long; `undefined` for any other error. */
export function bodyRefusal(
  { code }: { readonly code?: string },
  contentLength: string | undefined,
  limit: BodyLimit,
): GraphQLFormattedError | undefined {
  if (code !== 'FST_ERR_CTP_BODY_TOO_LARGE') return undefined
  report('limit.exceeded', { limit: 'body', outcome: 'refused' })
  // One that comes in chunks does not say how long it would have become.
  const actual = contentLength === undefined ? undefined : Number(contentLength)
  const { message, extensions } = toGraphQLError(new LimitExceeded('body', actual, longestBody(limit)), 413)
  return { message, extensions: { code: extensions.code, limit: extensions.limit } }
}
