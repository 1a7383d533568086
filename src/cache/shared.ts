import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { RedisLink } from '../redis/redis.ts'
import type { Reading } from '../telemetry/trail.ts'
import { createCompany } from './company.ts'
import type { CacheKey } from './keys.ts'

/** What entries of a tag are written under; `isNew`: the store had none, and gets this one with the first entry. */
export type Generation = { readonly id: string; readonly isNew: boolean }

/** What the store held for some keys, and the generation of each of their tags at that moment. */
export type SharedRead = {
  readonly texts: readonly (string | undefined)[]
  readonly generations: ReadonlyMap<string, Generation>
}

/** An entry for the store; with no time left to live it only takes the place of an older one. */
export type Write = {
  readonly key: CacheKey
  readonly generation: Generation
  readonly text: string
  readonly ttlMs: number
}

/** Texts shared by the instances. Each tag has a generation; a text of another one than the present is void. */
export type SharedStore = {
  /** One trip for all keys; `undefined` where the store did not answer. `noted`: where somebody is to see it. */
  readonly read: (keys: readonly CacheKey[], noted?: Reading) => Promise<SharedRead | undefined>
  readonly write: (items: readonly Write[]) => Promise<void>
  /** Gives the tags a new generation and tells the other instances, with some news about it where there are any. */
  readonly evict: (tags: readonly string[], news?: unknown) => Promise<void>
  /** True for the first instance that asks for this name, for so long; and for each where the store does not answer. */
  readonly takeTurn: (name: string, ttlMs: number) => Promise<boolean>
  /** Begins to hear of evictions by other instances, and lets them know of this one. */
  readonly listen: (onEvicted: OnEvicted) => Promise<void>
  /** False while evictions by other instances may go unheard, and for a moment after that. */
  readonly listening: () => boolean
  /** True where no other instance uses the store, for sure. */
  readonly isAlone: () => boolean
}

/** Tags that another instance has evicted, and its news; `undefined` when some may have been missed. */
export type OnEvicted = (evicted: { tags: readonly string[]; news?: unknown } | undefined) => void

const prefix = 'twinning-gateway:1:'
const channel = `${prefix}evicted`
// As long as an entry can live at most. Should Redis drop one earlier, its entries are void with it.
const generationTtlMs = 8 * 24 * 3600 * 1000

// Evictions that are remembered while Redis is away: what it holds of still older ones has mostly expired by then.
const maxPending = 100_000
// Redis may forget what it was told last: a replica takes over, or a server comes back as it was some time ago.
const forgetfulMs = 60_000
const maxGiven = 10_000
// So many evictions are made up for at once: each has to be done within the time of one attempt.
const maxBatch = 1000
// News of as many changes as that; who hears of none of them finds out by its own recheck, or not at all.
const maxUntold = 10_000
const maxTold = 100

const message = z.object({
  from: z.string(),
  tags: z.array(z.string()),
  news: z.unknown().optional(),
  // To those who do not know of greetings, one is an eviction of nothing.
  greeting: z.number().optional(),
})

/** Where a tag's generation is; the braces put all keys of a tag into one slot of a cluster. */
export const generationKey = (tag: string) => `${prefix}{${tag}}`

/** The shared store in Redis. */
export function createSharedStore(redis: RedisLink): SharedStore {
  const self = randomUUID()
  // Evictions that Redis has not heard of yet: what it holds under these tags may be what they were meant to end.
  const pending = new LRUCache<string, string>({ max: maxPending })
  // The generations that this instance has given lately: where it finds another, and was not told of it, Redis has forgotten.
  const given = new LRUCache<string, string>({ max: maxGiven, ttl: forgetfulMs })
  // And news that the other instances have not heard of yet.
  const untold: unknown[] = []
  const company = createCompany(redis, (greeting) =>
    redis.attempt('greet', (client) =>
      client.publish(channel, JSON.stringify({ from: self, tags: [], greeting })),
    ),
  )

  const entryKey = ({ tag, key }: CacheKey) => `${generationKey(tag)}${key}`

  async function evict(tags: readonly string[], news?: unknown): Promise<void> {
    const generation = randomUUID()
    for (const tag of tags) {
      pending.set(tag, generation)
      given.set(tag, generation)
    }
    const run = async (client: Redis | Cluster) => {
      const sets = Promise.allSettled(
        tags.map((tag) => client.set(generationKey(tag), generation, 'PX', generationTtlMs)),
      )
      // On one connection the order holds by itself; whoever hears of it must not find the old generation.
      if (redis.cluster) await sets
      // Told in any case: where a node of a cluster is gone, what the others hold in memory is old all the same.
      await client.publish(channel, JSON.stringify({ from: self, tags, news }))
      const failed = (await sets).find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
      return true
    }
    const attempt = async () => {
      // Tried even while reads are not: what is not evicted is read by everybody else.
      const done = await redis.attempt('evict', run, { always: true })
      if (done) for (const tag of tags) if (pending.get(tag) === generation) pending.delete(tag)
      if (!done && news !== undefined && untold.push(news) > maxUntold) untold.shift()
    }
    const attempted = attempt()
    // While Redis is known not to work, there is nothing to wait for: it is made up for later.
    if (redis.listening()) await attempted
  }

  async function tellAgain(news: readonly unknown[]): Promise<void> {
    const told = await redis.attempt('tell', (client) =>
      Promise.all(
        news.map((one) => client.publish(channel, JSON.stringify({ from: self, tags: [], news: one }))),
      ),
    )
    if (!told) untold.unshift(...news)
  }

  /** False while Redis may hold what an eviction was meant to end. */
  function isSound(tag: string, found: string | undefined): boolean {
    const own = given.get(tag)
    if (own !== undefined && own !== found) pending.set(tag, own)
    return !pending.has(tag)
  }

  // Most reads are of one key, and take nothing that only more of them need.
  async function readOne(client: Redis | Cluster, key: CacheKey): Promise<SharedRead> {
    const [found, text] = await client.mget(generationKey(key.tag), entryKey(key))
    const id = found ?? undefined
    return {
      texts: [isSound(key.tag, id) ? (text ?? undefined) : undefined],
      generations: new Map([[key.tag, generationOf(id)]]),
    }
  }

  async function readAll(client: Redis | Cluster, keys: readonly CacheKey[]): Promise<SharedRead> {
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
    const found = new Map(keys.map(({ tag }) => [tag, texts.get(generationKey(tag))]))
    const sound = new Set([...found].flatMap(([tag, id]) => (isSound(tag, id) ? [tag] : [])))
    return {
      texts: keys.map((key) => (sound.has(key.tag) ? texts.get(entryKey(key)) : undefined)),
      generations: new Map([...found].map(([tag, id]) => [tag, generationOf(id)])),
    }
  }

  redis.onDoubt(() => {
    for (const [tag, generation] of given.entries()) pending.set(tag, generation)
  })
  redis.onBeat(() => {
    if (pending.size > 0) void evict([...pending.keys()].slice(0, maxBatch))
    // Evicted first: whoever hears of it asks at once.
    else if (untold.length > 0) void tellAgain(untold.splice(0, maxTold))
  })

  return {
    evict,
    listen: async (onEvicted) => {
      await redis.subscribe(channel, (text) => {
        const heard = text === undefined ? undefined : parseMessage(text)
        if (heard?.from === self) {
          company.echoed(heard.greeting)
          return
        }
        if (heard) company.met()
        else company.missed()
        if (heard?.greeting !== undefined && heard.tags.length === 0) return
        for (const tag of heard?.tags ?? []) given.delete(tag)
        onEvicted(heard)
      })
      await company.enter()
    },
    listening: redis.settled,
    isAlone: company.isAlone,
    takeTurn: async (name, ttlMs) => {
      const key = `${prefix}turn:${name}`
      const taken = await redis.attempt('turn', async (client) => ({
        first: (await client.set(key, self, 'PX', Math.ceil(ttlMs), 'NX')) === 'OK',
      }))
      return taken?.first ?? true
    },
    read: async (keys, noted) => {
      // Until the others have made up for what they could not evict.
      if (!redis.settled()) return undefined
      const end = noted?.command('MGET', keys.length)
      const [only] = keys
      const read = await redis.attempt('read', (client) =>
        only && keys.length === 1 ? readOne(client, only) : readAll(client, keys),
      )
      end?.(read !== undefined)
      return read
    },
    write: async (items) => {
      const writable = pending.size === 0 ? items : items.filter(({ key }) => !pending.has(key.tag))
      if (writable.length === 0) return
      await redis.attempt('write', (client) => {
        const newTags = new Map<string, string>()
        for (const { key, generation } of writable) if (generation.isNew) newTags.set(key.tag, generation.id)
        const sent: Promise<unknown>[] = []
        // Another instance may have been first, or have evicted: then what is written below is void.
        for (const [tag, id] of newTags)
          sent.push(client.set(generationKey(tag), id, 'PX', generationTtlMs, 'NX'))
        for (const { key, text, ttlMs } of writable)
          sent.push(
            ttlMs > 0
              ? client.set(entryKey(key), text, 'PX', Math.min(Math.ceil(ttlMs), generationTtlMs))
              : client.del(entryKey(key)),
          )
        return Promise.all(sent)
      })
    },
  }
}

// Never a constant: entries of an earlier time, whose generation Redis has dropped, must not come back with it.
function generationOf(found: string | undefined): Generation {
  return found === undefined ? { id: randomUUID(), isNew: true } : { id: found, isNew: false }
}

/** What is no message of ours may have been one: `undefined`, as if it had been missed. */
function parseMessage(text: string): z.infer<typeof message> | undefined {
  try {
    return message.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
