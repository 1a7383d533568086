import { LRUCache } from 'lru-cache'
import type { Evictions } from '../cache/evictions.ts'
import type { Asked, Hit } from './asked.ts'
import { createWaiting } from './waiting.ts'

/** Whole answers to queries that came before, by body, class of caller and what else they depend on. */
export type Answers = {
  readonly find: (asked: Asked, callerClass: string, now: number) => Hit | undefined
  /**
   * Where the same is being executed just now: what that brings, or `undefined` where it is not to be kept, or takes long.
   */
  readonly join: (asked: Asked, callerClass: string) => Promise<Hit | undefined> | undefined
  /** It is about to be executed: whoever asks the same may wait for it, if it is likely to be kept. */
  readonly begin: (asked: Asked, callerClass: string, query: string) => void
  readonly keep: (asked: Asked, callerClass: string, answer: KeptAnswer, query: string) => void
}

/** `epoch`, `tags`: it is void once one of the tags is evicted after that moment. */
export type KeptAnswer = Hit & { readonly epoch: number; readonly tags: ReadonlySet<string> }

/** A request that is longer is rare, takes long to look up, and would push many others out. */
export const longestText = 4 * 1024
const longestBody = 128 * 1024
const bytesOfOne = 500
const maxQueries = 500

export function createAnswers({ evictions, maxBytes }: { evictions: Evictions; maxBytes: number }): Answers {
  const answers = new LRUCache<string, KeptAnswer>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }, key) => key.length + body.length + bytesOfOne,
  })
  // Queries whose answers may be kept: others are not waited for.
  const keepable = new LRUCache<string, true>({ max: maxQueries })
  const waiting = createWaiting()
  const keyOf = ({ text, variant }: Asked, callerClass: string) => `${callerClass}\n${variant}\n${text}`

  function isCurrent({ tags, epoch, freshUntil }: KeptAnswer, now: number): boolean {
    if (freshUntil <= now) return false
    for (const tag of tags) if (!evictions.isCurrent(tag, epoch)) return false
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
    find: (asked, callerClass, now) =>
      asked.text.length > longestText ? undefined : current(keyOf(asked, callerClass), now),
    join: (asked, callerClass) => {
      if (asked.text.length > longestText) return undefined
      const key = keyOf(asked, callerClass)
      const other = waiting.join(key)
      return other && afterwards(key, other)
    },
    begin: (asked, callerClass, query) => {
      if (asked.text.length <= longestText && keepable.has(query)) waiting.begin(keyOf(asked, callerClass))
    },
    keep: (asked, callerClass, answer, query) => {
      if (asked.text.length > longestText || answer.body.length > longestBody) return
      const key = keyOf(asked, callerClass)
      answers.set(key, answer)
      waiting.kept(key)
      keepable.set(query, true)
    },
  }
}
