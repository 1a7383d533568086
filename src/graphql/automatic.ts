import { LRUCache } from 'lru-cache'

/** Setting: how many documents of clients' own choice are kept, and for how long. */
export type AutomaticDocuments = { readonly max: number; readonly ttlMs: number }

const maxBytes = 16 * 1024 * 1024

/** Automatic persisted queries, in this process's memory; a client that finds none sends its document again. */
export function automaticDocuments({ max, ttlMs }: AutomaticDocuments) {
  const documents = new LRUCache<string, string>({
    max,
    ttl: ttlMs,
    maxSize: maxBytes,
    sizeCalculation: (text, hash) => text.length + hash.length,
  })
  return {
    get: (hash: string) => Promise.resolve(documents.get(hash)),
    set: (hash: string, text: string) => Promise.resolve(void documents.set(hash, text)),
    delete: (hash: string) => Promise.resolve(documents.delete(hash)),
  }
}
