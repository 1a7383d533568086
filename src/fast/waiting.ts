import { LRUCache } from 'lru-cache'

/** Requests that are being executed, so that whoever asks the same of the same class can wait for what they bring. */
export type Waiting = {
  /**
   * Settles once what the same request brought was kept, or after a moment; `undefined` where nobody is asking: then who
   * has asked is the one to be waited for.
   */
  readonly join: (key: string) => Promise<void> | undefined
  /** What a request brought is kept. */
  readonly kept: (key: string) => void
}

type UnderWay = { readonly done: Promise<unknown>; readonly end: () => void; readonly since: number }

// Whoever has waited this long executes it as well, and shares what is read with the others all the same.
const patienceMs = 50
const max = 1000

export function createWaiting(): Waiting {
  const underWay = new LRUCache<string, UnderWay>({ max })

  return {
    join: (key) => {
      const now = performance.now()
      const one = underWay.get(key)
      const leftMs = one ? one.since + patienceMs - now : 0
      if (one && leftMs > 0) return within(leftMs, one.done)
      const { promise: done, resolve } = Promise.withResolvers<undefined>()
      underWay.set(key, { done, end: () => resolve(undefined), since: now })
      return undefined
    },
    kept: (key) => {
      underWay.get(key)?.end()
      underWay.delete(key)
    },
  }
}

async function within(ms: number, done: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, ms, undefined)
  await Promise.race([done, late])
  clearTimeout(timer)
}
