import type { SharedStore, Write } from './shared.ts'

/** What is on its way into the shared store, so that nobody who waits for a value waits for that as well. */
export type Sharing = {
  /** `make` is called when it is written. */
  readonly add: (make: () => readonly Write[]) => void
  /** Runs a load; what is added meanwhile is written after it. */
  readonly during: <T>(load: () => Promise<T>) => Promise<T>
}

// While one thing after the other is loaded, what came first is not held back for longer.
const longestMs = 5

/** Writes once nothing is being loaded, and soon in any case; a failure is reported by the store. */
export function createSharing(shared: Pick<SharedStore, 'write'> | undefined): Sharing {
  let waiting: (() => readonly Write[])[] = []
  let loading = 0
  let timer: NodeJS.Timeout | undefined

  function write(): void {
    clearTimeout(timer)
    timer = undefined
    const all = waiting
    waiting = []
    if (all.length > 0) void shared?.write(all.flatMap((make) => make()))
  }

  return {
    add: (make) => {
      waiting.push(make)
      if (loading === 0) setImmediate(write)
      else timer ??= setTimeout(write, longestMs)
    },
    during: async (load) => {
      loading += 1
      try {
        return await load()
      } finally {
        loading -= 1
        if (loading === 0 && waiting.length > 0) setImmediate(write)
      }
    },
  }
}
