import { setTimeout as wait } from 'node:timers/promises'

/** Waits until it may go on: of one name, so many go on in a second, evenly. */
export type Pace = (name: string) => Promise<void>

export function createPace(perSecond: number): Pace {
  const nextAt = new Map<string, number>()
  return async (name) => {
    const now = performance.now()
    const at = Math.max(now, nextAt.get(name) ?? 0)
    nextAt.set(name, at + 1000 / perSecond)
    if (at > now) await wait(at - now, undefined, { ref: false })
  }
}
