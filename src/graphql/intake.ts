import type { CheckRequest } from './limits/check.ts'
import { createTrusted, type TrustedDocuments } from './trusted.ts'

/** A request as it came, whatever it came over. */
export type GraphqlRequest = {
  readonly query?: unknown
  readonly operationName?: unknown
  readonly variables?: unknown
  readonly extensions?: unknown
  readonly documentId?: unknown
}

/**
 * What every request goes through first, over whatever transport: answers it as it is to be served, the same object where
 * nothing had to be changed. Throws a GraphQLError for one that is not admitted.
 */
export type Admit = <R extends GraphqlRequest>(request: R) => R

export function createAdmit({
  trusted,
  checkRequest,
}: {
  trusted: TrustedDocuments
  checkRequest: CheckRequest
}): Admit {
  const withDocument = createTrusted(trusted)
  return (request) => {
    const meant = withDocument(request)
    checkRequest(meant)
    return meant
  }
}
