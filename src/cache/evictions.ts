import { LRUCache } from 'lru-cache'

/**
 * What was evicted in this process, and when: entries carry the epoch at which their load began, and one that began
 * before its tag's last eviction is void, whether it is kept already or still on its way.
 */
export type Evictions = {
  readonly now: () => number
  readonly evict: (tags: Iterable<string>) => void
  readonly evictAll: () => void
  readonly isCurrent: (tag: string, epoch: number) => boolean
}

// Evicted tags that are remembered one by one; beyond that, everything as old as the oldest is void.
const maxTags = 50_000

/** One for all caches of a process, so that a tag is void in all of them in the same instant. */
export function createEvictions(): Evictions {
  let epoch = 1
  let floor = 0
  const evictedAt = new LRUCache<string, number>({
    max: maxTags,
    dispose: (at, _tag, reason) => {
      if (reason === 'evict') floor = Math.max(floor, at)
    },
  })
  return {
    now: () => epoch,
    evict: (tags) => {
      epoch += 1
      for (const tag of tags) evictedAt.set(tag, epoch)
    },
    evictAll: () => {
      epoch += 1
      floor = epoch
    },
    // `peek`, as reading must not keep a tag in memory for ever.
    isCurrent: (tag, at) => at >= floor && at >= (evictedAt.peek(tag) ?? 0),
  }
}
