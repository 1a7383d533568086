import { LRUCache } from 'lru-cache'
import type { Evictions } from '../cache/evictions.ts'
import type { Asked, Hit } from './asked.ts'

/** Whole answers to queries that came before, by body, class of caller and what else they depend on. */
export type Answers = {
  readonly find: (asked: Asked, callerClass: string, now: number) => Hit | undefined
  readonly keep: (asked: Asked, callerClass: string, answer: KeptAnswer) => void
}

/** `epoch`, `tags`: it is void once one of the tags is evicted after that moment. */
export type KeptAnswer = Hit & { readonly epoch: number; readonly tags: ReadonlySet<string> }

// What is longer is rare, and would push many others out.
const longestText = 16 * 1024
const longestBody = 128 * 1024
const bytesOfOne = 500

export function createAnswers({ evictions, maxBytes }: { evictions: Evictions; maxBytes: number }): Answers {
  const answers = new LRUCache<string, KeptAnswer>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }, key) => key.length + body.length + bytesOfOne,
  })
  const keyOf = ({ text, variant }: Asked, callerClass: string) => `${callerClass}\n${variant}\n${text}`

  function isCurrent({ tags, epoch, freshUntil }: KeptAnswer, now: number): boolean {
    if (freshUntil <= now) return false
    for (const tag of tags) if (!evictions.isCurrent(tag, epoch)) return false
    return true
  }

  return {
    find: (asked, callerClass, now) => {
      if (asked.text.length > longestText) return undefined
      const key = keyOf(asked, callerClass)
      const answer = answers.get(key)
      if (!answer || isCurrent(answer, now)) return answer
      answers.delete(key)
      return undefined
    },
    keep: (asked, callerClass, answer) => {
      if (asked.text.length > longestText || answer.body.length > longestBody) return
      answers.set(keyOf(asked, callerClass), answer)
    },
  }
}
