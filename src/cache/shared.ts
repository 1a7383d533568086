import { randomUUID } from 'node:crypto'
import type { RedisLink } from '../redis/redis.ts'
import type { CacheKey } from './keys.ts'

/** What the store held for some keys, and the generation of each of their tags at that moment. */
export type SharedRead = {
  readonly texts: readonly (string | undefined)[]
  readonly generations: ReadonlyMap<string, string>
}

/** Texts shared by the instances. Each tag has a generation; a text of another one than the present is void. */
export type SharedStore = {
  /** One trip for all keys; `undefined` where the store did not answer. */
  readonly read: (keys: readonly CacheKey[]) => Promise<SharedRead | undefined>
  readonly write: (items: readonly { key: CacheKey; text: string; ttlMs: number }[]) => Promise<void>
  /** Gives the tags a new generation and tells the other instances. */
  readonly evict: (tags: readonly string[]) => Promise<void>
  /** False while evictions by other instances may go unheard. */
  readonly listening: () => boolean
}

const prefix = 'twinning-gateway:1:'
const channel = `${prefix}evicted`
// Until a generation is set, and after it is forgotten; no text outlives the time that one is remembered.
const noGeneration = '0'
const generationTtlMs = 8 * 24 * 3600 * 1000

/**
 * The shared store in Redis. `onEvicted` hears of evictions by other instances, and gets `undefined` when some may
 * have been missed.
 */
export function createSharedStore(
  redis: RedisLink,
  onEvicted: (tags: readonly string[] | undefined) => void,
): SharedStore {
  // Evictions that Redis has not heard of yet: what it holds under these tags may be what they were meant to end.
  const pending = new Set<string>()

  // The braces put a tag's keys into one slot of a cluster.
  const generationKey = (tag: string) => `${prefix}{${tag}}`
  const entryKey = ({ tag, key }: CacheKey) => `${generationKey(tag)}${key}`

  async function evict(tags: readonly string[]): Promise<void> {
    for (const tag of tags) pending.add(tag)
    const done = await redis.attempt('evict', async (client) => {
      const generation = randomUUID()
      await Promise.all(tags.map((tag) => client.set(generationKey(tag), generation, 'PX', generationTtlMs)))
      await client.publish(channel, JSON.stringify(tags))
      return true
    })
    if (done) for (const tag of tags) pending.delete(tag)
  }

  redis.subscribe(channel, (message) => onEvicted(message === undefined ? undefined : parseTags(message)))
  redis.onReady(() => {
    if (pending.size > 0) void evict([...pending])
  })

  return {
    evict,
    listening: redis.listening,
    read: (keys) =>
      redis.attempt('read', async (client) => {
        const groups = redis.cluster ? [...Map.groupBy(keys, ({ tag }) => tag).values()] : [keys]
        const texts = new Map<string, string>()
        await Promise.all(
          groups.map(async (group) => {
            const tags = new Set(group.map(({ tag }) => tag))
            const names = [...[...tags].map(generationKey), ...group.map(entryKey)]
            const found = await client.mget(names)
            for (const [i, name] of names.entries()) if (found[i] != null) texts.set(name, found[i])
          }),
        )
        const tags = new Set(keys.map(({ tag }) => tag))
        return {
          texts: keys.map((key) => (pending.has(key.tag) ? undefined : texts.get(entryKey(key)))),
          generations: new Map([...tags].map((tag) => [tag, texts.get(generationKey(tag)) ?? noGeneration])),
        }
      }),
    write: async (items) => {
      const writable = items.filter(({ key, ttlMs }) => !pending.has(key.tag) && ttlMs > 0)
      if (writable.length === 0) return
      await redis.attempt('write', (client) =>
        Promise.all(
          writable.map(({ key, text, ttlMs }) =>
            client.set(entryKey(key), text, 'PX', Math.min(Math.ceil(ttlMs), generationTtlMs)),
          ),
        ),
      )
    },
  }
}

function parseTags(message: string): readonly string[] | undefined {
  try {
    const tags: unknown = JSON.parse(message)
    return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : undefined
  } catch {
    return undefined
  }
}
