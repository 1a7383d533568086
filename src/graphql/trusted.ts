import { createHash } from 'node:crypto'
import { GraphQLError, parse, validate, type GraphQLSchema } from 'graphql'
import { report } from '../telemetry/channels.ts'
import type { Admit, GraphqlRequest } from './intake.ts'

/**
 * Setting: the documents of the clients' own making, by their ids, and what becomes of others: they are served (`any`),
 * served and told of (`prefer`), or refused (`only`).
 */
export type TrustedDocuments = {
  readonly mode: 'any' | 'prefer' | 'only'
  readonly documents: ReadonlyMap<string, string>
}

/**
 * Answers a request with its document, where it names one: by `documentId` (GraphQL over HTTP, Appendix A) or, as Apollo's
 * clients do, by `extensions.persistedQuery.sha256Hash`. A trusted document that is sent as text is trusted as well. The
 * codes of its refusals are those of Apollo Router.
 */
export function createTrusted({ mode, documents }: TrustedDocuments): Admit {
  const texts = new Set([...documents.values()].map(hashOf))

  /** Manifests, and those who ask by them, have the hash with its name before it or without. */
  function find(id: string): string | undefined {
    return documents.get(id) ?? documents.get(id.replace(/^sha256:/, '')) ?? documents.get(`sha256:${id}`)
  }

  function named<R extends GraphqlRequest>(request: R, id: string): R {
    const query = find(id)
    if (query === undefined)
      throw refusal('this id is none of a trusted document', 'PERSISTED_QUERY_NOT_IN_LIST')
    return withQuery(request, query)
  }

  return (request) => {
    const { query, documentId } = request
    const isText = typeof query === 'string' && query !== ''
    if (documentId !== undefined && documentId !== null) {
      if (isText) throw refusal('expected a documentId or a query, got both', 'CANNOT_SEND_PQ_ID_AND_BODY')
      return named(request, typeof documentId === 'string' ? documentId : '')
    }
    if (!isText) {
      const id = hashIn(request)
      // Elsewhere it may be known of another request.
      if (id === undefined || (mode !== 'only' && find(id) === undefined)) return request
      return named(request, id)
    }
    // By whatever name it comes along with: one that is trusted needs none.
    const hash = mode === 'any' && hashIn(request) === undefined ? undefined : hashOf(query)
    if (hash === undefined) return request
    if (texts.has(hash)) return withQuery(request, query)
    if (mode === 'any') return request
    report('document.untrusted', { hash, outcome: mode === 'only' ? 'refused' : 'served' })
    if (mode === 'only') throw refusal('only trusted documents are served here', 'QUERY_NOT_IN_SAFELIST')
    return request
  }
}

/** The ids of those that the schema does not know, or no longer. */
export function invalidAmong({ documents }: TrustedDocuments, schema: GraphQLSchema): string[] {
  return [...documents].filter(([, text]) => validate(schema, parse(text)).length > 0).map(([id]) => id)
}

/** With nothing left of how it was named, which is settled. */
function withQuery<R extends GraphqlRequest>(request: R, query: string): R {
  const extensions = without(request.extensions ?? {}, 'persistedQuery')
  const rest = without(without(request, 'documentId'), 'extensions')
  return { ...rest, query, ...(Object.keys(extensions).length > 0 && { extensions }) } as R
}

function without(from: object, name: string): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))
}

function hashIn({ extensions }: GraphqlRequest): string | undefined {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null }
  return typeof persistedQuery?.sha256Hash === 'string' ? persistedQuery.sha256Hash : undefined
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function refusal(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } })
}
