import type { ApolloServerPlugin } from '@apollo/server'
import { OperationTypeNode, type GraphQLError, type GraphQLFormattedError } from 'graphql'
import { TooExpensive } from '../errors.ts'
import { cacheControlOf } from './caching.ts'
import type { Context } from './context.ts'
import { causeOf, formatError } from './errors.ts'

/** What an execution has brought, with its errors as clients see them. */
export type Result = {
  data?: Record<string, unknown> | null
  errors?: readonly GraphQLFormattedError[]
  extensions?: Record<string, unknown>
}

/** A result in the form in which it is sent; `cacheControl`: where it may be kept by somebody. */
export type Finished = { readonly result: Result; readonly cacheControl: string | undefined }

/** What answers differ by that may be kept. */
export const varies = 'authorization, accept'

/**
 * What becomes of every result before it is sent, whoever executed it: one refusal for an operation that has cost too much,
 * rather than one for each of the thousands of fields that came after it; what it lacks, told beside it; and how long it may
 * be kept (RFC 9111 §5.2.2): never longer than what it was made from is fresh, private where a token decided what is in it,
 * and not at all (`no-store`, which stands where nothing is said here) with errors, for changes, and where it is not fresh for
 * a second.
 *
 * `errors`: as they were thrown.
 */
export function finish(
  made: Result,
  errors: readonly GraphQLError[],
  { caching, principal, warnings }: Pick<Context, 'caching' | 'principal' | 'warnings'>,
  type: OperationTypeNode | undefined,
): Finished {
  const overspent = errors.find((one) => causeOf(one) instanceof TooExpensive)
  const result: Result = overspent
    ? { data: null, errors: [formatError({ message: overspent.message }, overspent)] }
    : made
  if (warnings.length > 0) result.extensions = { ...result.extensions, warnings }
  const { freshUntil } = caching.basis()
  const now = Date.now()
  if (result.errors || type !== OperationTypeNode.QUERY || freshUntil <= now)
    return { result, cacheControl: undefined }
  const extensions = { ...result.extensions, ...caching.extensions() }
  if (Object.keys(extensions).length > 0) result.extensions = extensions
  return { result, cacheControl: cacheControlOf(freshUntil, now, principal) }
}

/** The same, for what Apollo Server executes. */
export const finishing: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ contextValue, operation, errors = [], response: { body, http } }) => {
        if (body.kind !== 'single') return Promise.resolve()
        const { result, cacheControl } = finish(body.singleResult, errors, contextValue, operation?.operation)
        body.singleResult = result
        if (cacheControl === undefined) return Promise.resolve()
        http.headers.set('cache-control', cacheControl)
        http.headers.set('vary', varies)
        return Promise.resolve()
      },
    }),
}
