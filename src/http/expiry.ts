import type { Principal } from '../auth/policy.ts'
import type { Revocations } from '../auth/revocations.ts'

/** What a subscriber is told when its stream ends with its token. */
export type TokenEnd = { readonly message: string; readonly extensions: { readonly code: string } }

/** Calls back once when the token of a stream expires or is revoked, unless the signal ends the stream before. */
export type WhenTokenEnds = (
  principal: Principal,
  signal: AbortSignal,
  onEnd: (why: TokenEnd) => void,
) => void

const expired: TokenEnd = {
  message: 'the access token has expired',
  extensions: { code: 'UNAUTHENTICATED' },
}

const revoked: TokenEnd = {
  message: 'the access token has been revoked',
  extensions: { code: 'UNAUTHENTICATED' },
}

export function createWhenTokenEnds({ whenRevoked }: Pick<Revocations, 'whenRevoked'>): WhenTokenEnds {
  return (principal, signal, onEnd) => {
    let isOver = false
    const end = (why: TokenEnd) => {
      if (!isOver && !signal.aborted) onEnd(why)
      isOver = true
    }
    whenExpired(principal.expiresAt, signal, () => end(expired))
    whenRevoked(principal, signal, () => end(revoked))
  }
}

/** The longest that a timer of Node can wait: one that is told to wait longer does not wait at all. */
export const longestTimerMs = 2 ** 31 - 1

function whenExpired(expiresAt: number | undefined, signal: AbortSignal, onExpired: () => void): void {
  if (expiresAt === undefined || signal.aborted) return
  const leftMs = expiresAt - Date.now()
  const timer = setTimeout(
    // What is longer than a timer waits is waited for in turns.
    () => (leftMs > longestTimerMs ? whenExpired(expiresAt, signal, onExpired) : onExpired()),
    Math.min(leftMs, longestTimerMs),
  )
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
}
