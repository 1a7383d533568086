import type { ApolloServerPlugin } from '@apollo/server'
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { RateLimited, type GatewayError } from '../errors.ts'
import type { Context } from './context.ts'
import { toGraphQLError } from './errors.ts'
import { fragmentsOf } from './fragments.ts'

// What may be read without a token where the explorer is on: the schema, and nothing of anybody's.
const open = new Set(['__schema', '__type', '__typename', '_service'])

/** Lets a caller without a valid token no further than the schema itself, and nobody subscribe by a single answer. */
export const admission: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ contextValue: { unauthenticated }, document, operation }) => {
        if (unauthenticated && !(operation && isOpen(operation.selectionSet, fragmentsOf(document))))
          throw refusal(unauthenticated)
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
          throw new GraphQLError(streamInstead, badRequest)
        return Promise.resolve()
      },
    }),
}

const streamInstead =
  'a subscription is served as a stream: send it to /graphql/stream with Accept: text/event-stream'
const badRequest = { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } }

/** 401 with what RFC 6750 §3 wants said, 429 with when to come again, or 503 where the keys to tell are missing. */
export function refusal(error: GatewayError) {
  if (error instanceof RateLimited)
    return toGraphQLError(error, 429, [['retry-after', String(error.retryAfterS)]])
  if (error.code !== 'UNAUTHENTICATED') return toGraphQLError(error, 503)
  return toGraphQLError(error, 401, [['www-authenticate', 'Bearer']])
}

function isOpen(
  selections: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  // Each is looked at once: thirty fragments that spread one another twice would take for ever otherwise.
  seen = new Set<string>(),
): boolean {
  return selections.selections.every((selection) => {
    switch (selection.kind) {
      case Kind.FIELD:
        return open.has(selection.name.value)
      case Kind.INLINE_FRAGMENT:
        return isOpen(selection.selectionSet, fragments, seen)
      case Kind.FRAGMENT_SPREAD: {
        const name = selection.name.value
        if (seen.has(name)) return true
        seen.add(name)
        const fragment = fragments.get(name)
        return fragment !== undefined && isOpen(fragment.selectionSet, fragments, seen)
      }
    }
  })
}
