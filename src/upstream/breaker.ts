/**
 * Spares an operator that is down, and whoever would wait for it: after so many failures in a row nothing is sent for a
 * while, then one request tries it. `undefined` while requests may go through, else the time in ms until one may.
 */
export type Breaker = {
  readonly restMs: () => number | undefined
  readonly succeeded: () => void
  readonly failed: () => void
}

const failuresToOpen = 20
const firstRestMs = 500
const longestRestMs = 10_000

/** `now`: a clock in ms. */
export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0
  let restMs = firstRestMs
  let openUntil = 0

  return {
    restMs: () => {
      if (failures < failuresToOpen) return undefined
      const left = openUntil - now()
      if (left > 0) return left
      // This one tries it; until that is known, the others wait on.
      openUntil = now() + restMs
      return undefined
    },
    succeeded: () => {
      failures = 0
      restMs = firstRestMs
    },
    failed: () => {
      failures += 1
      if (failures < failuresToOpen) return
      if (failures > failuresToOpen) restMs = Math.min(restMs * 2, longestRestMs)
      openUntil = now() + restMs
    },
  }
}
