import { unwrapResolverError } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { GatewayError, LimitExceeded, RateLimited, TooExpensive, UpstreamRefusal } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import { redactSecrets } from '../telemetry/redaction.ts'

const internal = 'INTERNAL_SERVER_ERROR'

/**
 * The one place where an error becomes what a client sees: a GatewayError with its code, GraphQL's own errors as they
 * are, and anything else reported and masked.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = causeOf(error)
  const place = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  }
  if (cause instanceof GatewayError)
    return { message: redactSecrets(cause.message), ...place, extensions: extensionsOf(cause) }
  const code = formatted.extensions?.code
  if (code !== undefined && code !== internal)
    return { message: redactSecrets(withoutValues(formatted.message)), ...place, extensions: { code } }
  // The client has gone: nobody reads this, and it is no fault of ours.
  if (!isAbort(cause)) report('error.unexpected', { error: cause })
  return { message: 'internal server error', ...place, extensions: { code: internal } }
}

/** The codes of errors as clients see them. */
export function codesOf(errors: readonly GraphQLFormattedError[]): string[] {
  return errors.map(({ extensions }) => String(extensions?.code))
}

/** What a resolver threw, or one of ours that refused the operation as a whole. */
export function causeOf(error: unknown): unknown {
  const ours = error instanceof GraphQLError && error.originalError instanceof GatewayError
  return ours ? error.originalError : unwrapResolverError(error)
}

/** GraphQL's messages quote what they could not read, and that may be an activation code. */
function withoutValues(message: string): string {
  return message
    .replace(/((?:found|Unexpected) (?:Name|Int|Float|String|BlockString)) "[\s\S]*"/, '$1')
    .replace(/\bValue "[\s\S]*" (does not exist in ")/, 'Value $1')
    .replace(/(Expected value of type "[^"]+"), found [\s\S]*$/, '$1')
    .replace(/( cannot represent [\w\s-]*value): [\s\S]*$/, '$1')
    .replace(/( got invalid value) [\s\S]*?( at "[\w.[\]]+")?(; [^;]*)$/, '$1$2$3')
}

/** A GatewayError outside of any field, with the HTTP status that goes with it. */
export function toGraphQLError(
  error: GatewayError,
  status: number,
  headers: readonly [string, string][] = [],
): GraphQLError {
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: { ...extensionsOf(error), http: { status, headers: new Map(headers) } },
  })
}

function extensionsOf(error: GatewayError): Record<string, unknown> {
  if (error instanceof TooExpensive) {
    const { code, limit, estimated = null, max } = error
    return { code, [limit]: { estimated, max } }
  }
  if (error instanceof LimitExceeded) {
    const { code, limit: name, actual = null, max } = error
    return { code, limit: { name, actual, max } }
  }
  if (error instanceof RateLimited) return { code: error.code, retryAfterS: error.retryAfterS }
  if (!(error instanceof UpstreamRefusal)) return { code: error.code }
  const { messageId, text, httpStatus, operator } = error.fault ?? {}
  return {
    code: error.code,
    ...(error.fault && { oma: { messageId, text: redactSecrets(text ?? ''), httpStatus, operator } }),
    ...(error.retryAfterS !== undefined && { retryAfterS: error.retryAfterS }),
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
