/** What a subscriber is told when its stream ends with its token. */
export const expiredToken = {
  message: 'the access token has expired',
  extensions: { code: 'UNAUTHENTICATED' },
}

// The longest that a timer of Node can wait.
const longestMs = 2 ** 31 - 1

/** Calls back when the token of a stream expires (ms since 1970), unless the signal ends the stream before. */
export function whenExpired(expiresAt: number | undefined, signal: AbortSignal, onExpired: () => void): void {
  if (expiresAt === undefined || signal.aborted) return
  const timer = setTimeout(onExpired, Math.min(expiresAt - Date.now(), longestMs))
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
}
