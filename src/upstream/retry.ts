/** What came of one attempt, as far as it says whether another may help. */
export type Attempt = { readonly status: number | undefined; readonly retryAfterS: number | undefined }

/** Retries that one operator may be asked for: a tenth of its requests, so that an outage is not met with three times the load. */
export type RetryBudget = {
  readonly earn: () => void
  /** False where nothing is left. */
  readonly spend: () => boolean
}

const mostRetries = 2
const firstPauseMs = 50
const earned = 0.1
const mostSaved = 10

// What passes by itself (RFC 9110 §15.6): 501 and 505 do not.
const passing = new Set([429, 500, 502, 503, 504])

export function createRetryBudget(): RetryBudget {
  let tokens = mostSaved
  return {
    earn: () => (tokens = Math.min(tokens + earned, mostSaved)),
    spend: () => {
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}

/**
 * How long to wait before the next attempt of a safe request; `undefined`: there is none. `made`: attempts so far, from 1.
 * Exponential with full jitter, and never sooner than the operator's Retry-After (RFC 9110 §10.2.3) allows.
 */
export function pauseBefore(
  made: number,
  { status, retryAfterS }: Attempt,
  { remainingMs, random = Math.random }: { remainingMs: number; random?: () => number },
): number | undefined {
  if (made > mostRetries) return undefined
  if (status !== undefined && !passing.has(status)) return undefined
  const backoffMs = firstPauseMs * 2 ** (made - 1) * (0.5 + random())
  const pauseMs = Math.max(backoffMs, (retryAfterS ?? 0) * 1000)
  return pauseMs < remainingMs ? pauseMs : undefined
}
