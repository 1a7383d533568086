import { LRUCache } from 'lru-cache'
import type { Evictions } from '../cache/evictions.ts'
import type { Hit } from './asked.ts'
import { createWaiting } from './waiting.ts'

/** Whole answers to queries that came before, by the names of requests (see `Keys`). */
export type Answers = {
  readonly find: (key: string, now: number) => Hit | undefined
  /**
   * Where the same is being executed just now: what that brings, or `undefined` where it is not to be kept, or takes long.
   */
  readonly join: (key: string) => Promise<Hit | undefined> | undefined
  /** Whether what a query brings is likely to be kept. */
  readonly mayKeep: (query: string) => boolean
  /** It is about to be executed: whoever asks the same may wait for it. */
  readonly begin: (key: string) => void
  readonly keep: (key: string, answer: KeptAnswer, query: string) => void
}

/** `epoch`, `tags`: it is void once one of the tags is evicted after that moment. */
export type KeptAnswer = Hit & { readonly epoch: number; readonly tags: ReadonlySet<string> }

/** `soundAt`: when none of its tags had been evicted yet. */
type Held = KeptAnswer & { soundAt: number }

const longestAnswer = 128 * 1024
const bytesOfOne = 500
const maxQueries = 500

export function createAnswers({ evictions, maxBytes }: { evictions: Evictions; maxBytes: number }): Answers {
  const answers = new LRUCache<string, Held>({
    // No more than fit in; told so, it keeps their order in less memory, which is read for each hit.
    max: Math.ceil(maxBytes / bytesOfOne),
    maxSize: maxBytes,
    sizeCalculation: ({ body }, key) => key.length + body.length + bytesOfOne,
  })
  // Queries whose answers may be kept: others are not waited for.
  const keepable = new LRUCache<string, true>({ max: maxQueries })
  const waiting = createWaiting()

  function isCurrent(answer: Held, now: number): boolean {
    if (answer.freshUntil <= now) return false
    // Most often nothing has been evicted since the last time.
    const at = evictions.now()
    if (answer.soundAt === at) return true
    for (const tag of answer.tags) if (!evictions.isCurrent(tag, answer.epoch)) return false
    answer.soundAt = at
    return true
  }

  function current(key: string, now: number): KeptAnswer | undefined {
    const answer = answers.get(key)
    if (!answer || isCurrent(answer, now)) return answer
    answers.delete(key)
    return undefined
  }

  async function afterwards(key: string, other: Promise<unknown>): Promise<KeptAnswer | undefined> {
    await other
    return current(key, Date.now())
  }

  return {
    find: current,
    join: (key) => {
      const other = waiting.join(key)
      return other && afterwards(key, other)
    },
    mayKeep: (query) => keepable.has(query),
    begin: waiting.begin,
    keep: (key, answer, query) => {
      if (answer.body.length > longestAnswer) return
      answers.set(key, { ...answer, soundAt: answer.epoch })
      waiting.kept(key)
      keepable.set(query, true)
    },
  }
}
