import { LRUCache } from 'lru-cache'

/** Requests that are being executed, so that whoever asks the same of the same class can wait for what they bring. */
export type Waiting = {
  /** Settles once what the same request brought was kept, or after a moment; `undefined` where nobody is asking. */
  readonly join: (key: string) => Promise<unknown> | undefined
  /** Whoever asks the same from now on is to wait for this one. */
  readonly begin: (key: string) => void
  /** What a request brought is kept. */
  readonly kept: (key: string) => void
}

type UnderWay = { readonly done: Promise<unknown>; readonly end: () => void; readonly until: number }

// Whoever has waited this long executes it as well, and shares what is read with the others all the same.
const patienceMs = 50
const max = 1000

export function createWaiting(): Waiting {
  const underWay = new LRUCache<string, UnderWay>({ max })

  return {
    join: (key) => {
      const one = underWay.get(key)
      return one && performance.now() < one.until ? one.done : undefined
    },
    begin: (key) => {
      const { promise: done, resolve } = Promise.withResolvers<undefined>()
      // One for all who wait.
      const timer = setTimeout(resolve, patienceMs, undefined)
      const end = () => {
        clearTimeout(timer)
        resolve(undefined)
      }
      underWay.set(key, { done, end, until: performance.now() + patienceMs })
    },
    kept: (key) => {
      underWay.get(key)?.end()
      underWay.delete(key)
    },
  }
}
