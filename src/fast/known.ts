import type { ApolloServerPlugin } from '@apollo/server'
import { OperationTypeNode, type DocumentNode, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Context } from '../graphql/context.ts'
import { bytesOfDocument } from '../graphql/documents.ts'
import { operationOf } from './plan.ts'

/** A document that has been admitted, parsed and found valid, and whose one operation is a query. */
export type KnownDocument = { readonly document: DocumentNode; readonly operation: OperationDefinitionNode }

/** Documents that Apollo Server has executed, by their text. */
export type KnownDocuments = {
  readonly plugin: ApolloServerPlugin<Context>
  readonly find: (query: string) => KnownDocument | undefined
}

// Mostly the same objects that Apollo Server keeps: clients ask by few documents, each again and again.
const maxBytes = 16 * 1024 * 1024
const longestQuery = 16 * 1024

export function createKnownDocuments(): KnownDocuments {
  const known = new LRUCache<string, KnownDocument>({
    maxSize: maxBytes,
    sizeCalculation: ({ document }, query) => bytesOfDocument(document) + query.length,
  })

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        // Whatever looks at an operation before it is executed has done so.
        executionDidStart: ({ document, source }) => {
          const operation =
            source.length > longestQuery || known.has(source) ? undefined : operationOf(document)
          if (operation?.operation === OperationTypeNode.QUERY) known.set(source, { document, operation })
          return Promise.resolve()
        },
      }),
  }
  return { plugin, find: (query) => known.get(query) }
}
