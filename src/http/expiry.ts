/** What a subscriber is told when its stream ends with its token. */
export const expiredToken = {
  message: 'the access token has expired',
  extensions: { code: 'UNAUTHENTICATED' },
}

/** The longest that a timer of Node can wait: one that is told to wait longer does not wait at all. */
export const longestTimerMs = 2 ** 31 - 1

/** Calls back when the token of a stream expires (ms since 1970), unless the signal ends the stream before. */
export function whenExpired(expiresAt: number | undefined, signal: AbortSignal, onExpired: () => void): void {
  if (expiresAt === undefined || signal.aborted) return
  const leftMs = expiresAt - Date.now()
  const timer = setTimeout(
    // What is longer than a timer waits is waited for in turns.
    () => (leftMs > longestTimerMs ? whenExpired(expiresAt, signal, onExpired) : onExpired()),
    Math.min(leftMs, longestTimerMs),
  )
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
}
