import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

const maxBytes = 16 * 1024 * 1024
// Measured: a parsed document takes some 86 bytes for each character of its source.
const bytesOfCharacter = 90
const bytesOfOne = 500

/** About how many bytes a parsed document takes. */
export function bytesOfDocument({ loc }: DocumentNode): number {
  return bytesOfOne + bytesOfCharacter * (loc?.source.body.length ?? 0)
}

/** Documents that have been parsed and found valid, as Apollo Server keeps them. */
export type DocumentStore = {
  readonly get: (key: string) => Promise<DocumentNode | undefined>
  readonly set: (key: string, document: DocumentNode) => Promise<void>
  readonly delete: (key: string) => Promise<boolean>
}

/**
 * In this process's memory, bounded by what documents take there: by the length of their JSON, as Apollo Server's own
 * store reckons, they would take five times what that is told.
 */
export function createDocumentStore(): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: maxBytes,
    sizeCalculation: (document, key) => bytesOfDocument(document) + key.length,
  })
  return {
    get: (key) => Promise.resolve(documents.get(key)),
    set: (key, document) => {
      documents.set(key, document)
      return Promise.resolve()
    },
    delete: (key) => Promise.resolve(documents.delete(key)),
  }
}
