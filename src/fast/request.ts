import { parse } from 'secure-json-parse'

/** A GraphQL request of the plainest kind: nothing in it asks for more than to be executed. */
export type PlainRequest = {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly operationName: string | undefined
}

/**
 * Reads a body just as the HTTP framework and Apollo Server do. `undefined` for what is not plain: what they refuse, each
 * with its own word, and what else there may be (a persisted query, a subscription by callback).
 */
export function parsePlainRequest(text: string): PlainRequest | undefined {
  const { query, variables, operationName, extensions, documentId } = objectIn(text)
  if (typeof query !== 'string' || query === '' || !isNone(documentId)) return undefined
  if (!isNone(operationName) && typeof operationName !== 'string') return undefined
  if (!isNone(variables) && !isObject(variables)) return undefined
  if (!isNone(extensions) && !(isObject(extensions) && !meaningful.some((name) => name in extensions)))
    return undefined
  return { query, variables: variables ?? undefined, operationName: operationName ?? undefined }
}

const meaningful = ['persistedQuery', 'subscription']

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = parse(text)
    return isObject(body) ? body : {}
  } catch {
    return {}
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
