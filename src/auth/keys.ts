import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'

// An issuer that rotates its keys is followed at once; whoever sends forged tokens soon makes nobody fetch anything.
const burst = 3
const everyMs = 30_000
const maxAgeMs = 600_000

/**
 * The key set (RFC 7517) at a URL: kept for ten minutes, and fetched again for a key that it lacks, three times in a row
 * and from then on twice a minute. One fetch serves all who wait for it.
 */
export function createKeySet(jwksUrl: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(jwksUrl, {
    cacheMaxAge: maxAgeMs,
    // Its own rule counts the first fetch as well, so that a key made soon after it would be refused.
    cooldownDuration: maxAgeMs,
    timeoutDuration: 5000,
  })
  let left = burst
  let since = Date.now()
  let reloading: Promise<void> | undefined

  function mayReload(): boolean {
    const earned = Math.floor((Date.now() - since) / everyMs)
    left = Math.min(burst, left + earned)
    since = left === burst ? Date.now() : since + earned * everyMs
    if (left === 0) return false
    left -= 1
    return true
  }

  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || (!reloading && !mayReload())) throw error
      reloading ??= keys.reload().finally(() => (reloading = undefined))
      await reloading
      return keys(header, token)
    }
  }
}
