// A cache as the gateway has it, over values that are easy to tell apart.
import type { TestContext } from 'node:test'
import { createCache, type Cache } from '../../src/cache/cache.ts'
import type { Loaded, Missing } from '../../src/cache/load.ts'
import { createEvictions, type Evictions } from '../../src/cache/evictions.ts'
import { entryName, type CacheKey } from '../../src/cache/keys.ts'
import { createSharedStore, type SharedStore } from '../../src/cache/shared.ts'
import { UpstreamUnavailable } from '../../src/errors.ts'
import { createRedisLink, type RedisLink } from '../../src/redis/redis.ts'

export type Value = { readonly text: string }

export const codec = {
  encode: ({ text }: Value) => ({ text }),
  decode: (json: unknown) =>
    typeof json === 'object' && json !== null && 'text' in json && typeof json.text === 'string'
      ? { text: json.text }
      : undefined,
  weigh: () => 100,
}

export function key(name: string, tag = 'beta|tel:+15560101'): CacheKey {
  return { tag, key: name }
}

export function loaded(text: string, { freshForMs = 30_000, graceMs = 0 } = {}): Loaded<Value> {
  return { value: { text }, freshForMs, graceMs }
}

export type Instance = {
  readonly cache: Cache<Value>
  readonly evictions: Evictions
  /** What every load was asked for, load by load. */
  readonly loads: string[][]
  /** The texts of these keys; what is missing is loaded as its key's name, or as told. */
  readonly texts: (
    names: readonly string[],
    load?: (missing: Missing) => Loaded<Value> | Error,
  ) => Promise<string[]>
}

export function openCache({
  shared,
  maxBytes = 1_000_000,
}: { shared?: SharedStore; maxBytes?: number } = {}): Instance {
  return openInstance(createEvictions(), shared, maxBytes)
}

/** A cache as another process would have it, over a connection of its own to the same Redis. */
export async function openShared(
  t: TestContext,
  urls: readonly string[],
): Promise<Instance & { shared: SharedStore; link: RedisLink }> {
  const link = await createRedisLink(urls.map((url) => new URL(url)))
  t.after(link.close)
  const evictions = createEvictions()
  const shared = createSharedStore(link)
  await shared.listen((evicted) => {
    if (evicted) evictions.evict(evicted.tags)
    else evictions.evictAll()
  })
  return { ...openInstance(evictions, shared, 1_000_000), shared, link }
}

function openInstance(evictions: Evictions, shared: SharedStore | undefined, maxBytes: number): Instance {
  const graceFor = (error: Error) => error instanceof UpstreamUnavailable
  const cache = createCache<Value>({ codec, evictions, shared, maxBytes, graceFor })
  const loads: string[][] = []
  return {
    cache,
    evictions,
    loads,
    texts: async (names, load = (missing) => loaded(missing.key)) => {
      const outcomes = await cache.getMany(
        names.map((name) => key(name)),
        (missing) => {
          loads.push(missing.map(({ key }) => key))
          return Promise.resolve(new Map(missing.map((one) => [entryName(one), load(one)])))
        },
      )
      return outcomes.map((outcome) => (outcome instanceof Error ? outcome.name : outcome.text))
    },
  }
}
