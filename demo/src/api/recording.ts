import { ApolloLink } from '@apollo/client'
import { isSubscriptionOperation, print } from '@apollo/client/utilities'
import type { GraphQLFormattedError } from 'graphql'
import { Observable } from 'rxjs'
import type { DeviceName, Problem, RecordOf } from './record.ts'

/** A link that writes down each operation of a device, and what came of it. */
export function recording(record: RecordOf, device: DeviceName, address: string): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const { query, variables, operationName, operationType } = operation
    const name = operationName ?? 'anonymous'
    return new Observable((observer) => {
      const document = print(query)
      const key = record.begin({
        device,
        address,
        kind: operationType,
        name,
        document,
        variables,
        at: Date.now(),
      })
      return forward(operation).subscribe({
        next: (result) => {
          const told = { answer: result, problems: problemsOf(result) }
          if (isSubscriptionOperation(query)) record.event({ ...told, device, name, at: Date.now() })
          else record.end(key, { ...told, endedAt: Date.now() })
          observer.next(result)
        },
        error: (error: unknown) => {
          const message = error instanceof Error ? error.message : 'no answer'
          record.end(key, { endedAt: Date.now(), problems: [{ code: 'NO_ANSWER', message }] })
          observer.error(error)
        },
        complete: () => observer.complete(),
      })
    })
  })
}

function problemsOf({ errors, data }: ApolloLink.Result): Problem[] {
  return [...(errors ?? []).map(asProblem), ...Object.values(data ?? {}).flatMap(userErrorsOf)]
}

export function asProblem({ message, path, extensions }: GraphQLFormattedError): Problem {
  const code = extensions?.['code']
  return {
    code: typeof code === 'string' ? code : 'ERROR',
    message,
    ...(path && { path: path.join('.') }),
  }
}

type UserError = { readonly code: string; readonly message: string }

function userErrorsOf(payload: unknown): Problem[] {
  if (typeof payload !== 'object' || payload === null || !('userErrors' in payload)) return []
  const { userErrors } = payload
  // By the schema.
  return Array.isArray(userErrors)
    ? (userErrors as UserError[]).map(({ code, message }) => ({ code, message }))
    : []
}
