import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { report } from '../telemetry/channels.ts'

// An issuer that rotates its keys is followed at once; whoever sends forged tokens soon makes nobody fetch anything.
const burst = 3
const everyMs = 30_000
const maxAgeMs = 600_000
// While the issuer is down it is asked no more often than this; more often where there is no key to go on with.
const restMs = 15_000
const restWithoutKeysMs = 1000
const withinMs = 5000
// So long an answer waits for newer keys where there are older ones.
const patienceMs = 1000
const maxBytes = 1024 * 1024

type Held = { readonly find: ReturnType<typeof createLocalJWKSet>; readonly at: number }

/**
 * The key set (RFC 7517) at a URL: kept for ten minutes, and fetched again for a key that it lacks, three times in a row
 * and from then on twice a minute. One fetch serves all who wait for it; redirects are not followed. While the URL gives no
 * key set, the last one serves for `staleMs` more.
 */
export function createKeySet(jwksUrl: URL, staleMs: number): JWTVerifyGetKey {
  let held: Held | undefined
  let left = burst
  let since = Date.now()
  // Since the last fetch that gave keys.
  let failedAt: number | undefined
  let reloading: { readonly done: Promise<Held>; readonly patience: Promise<unknown> } | undefined

  function mayReload(): boolean {
    const earned = Math.floor((Date.now() - since) / everyMs)
    left = Math.min(burst, left + earned)
    since = left === burst ? Date.now() : since + earned * everyMs
    if (left === 0) return false
    left -= 1
    return true
  }

  async function load(): Promise<Held> {
    try {
      held = { find: createLocalJWKSet(await fetchKeys(jwksUrl)), at: Date.now() }
      failedAt = undefined
      report('auth.keys', { outcome: 'fetched' })
      return held
    } catch (error) {
      failedAt = Date.now()
      report('auth.keys', { outcome: usable() ? 'stale' : 'missing' })
      throw error
    }
  }

  function reload() {
    if (reloading) return reloading
    const done = load().finally(() => (reloading = undefined))
    // Whoever has older keys waits for it in vain, and does not fail with it.
    done.catch(() => undefined)
    reloading = { done, patience: wait(patienceMs, undefined, { ref: false }) }
    return reloading
  }

  const usable = () => (held && Date.now() - held.at < maxAgeMs + staleMs ? held : undefined)

  /** Keys as new as they can be had; throws where there are none. */
  async function current(): Promise<Held> {
    const older = usable()
    if (older && Date.now() - older.at < maxAgeMs) return older
    const rests = Date.now() - (failedAt ?? -Infinity) < (older ? restMs : restWithoutKeysMs)
    if (rests && !reloading) {
      if (older) return older
      throw new Error('the key set could not be fetched a moment ago')
    }
    const { done, patience } = reload()
    if (!older) return done
    return (await Promise.race([done.catch(() => undefined), patience.then(() => undefined)])) ?? older
  }

  return async (header, token) => {
    const keys = await current()
    try {
      return await keys.find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (!reloading && !mayReload()) {
        // It may be one that the issuer has made since: nobody is told that it is wrong.
        if (failedAt !== undefined) throw new Error('the key set could not be fetched anew', { cause: error })
        throw error
      }
      const newer = await reload().done
      return newer.find(header, token)
    }
  }
}

async function fetchKeys(url: URL): Promise<JSONWebKeySet> {
  const { statusCode, body } = await request(url, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(withinMs),
    // Fetched seldom: a connection that is kept would keep the process from ending.
    reset: true,
  })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array
    size += bytes.byteLength
    if (size > maxBytes) throw new Error(`the key set has more than ${maxBytes} bytes`)
    chunks.push(bytes)
  }
  if (statusCode !== 200) throw new Error(`the key set was answered with HTTP status ${statusCode}`)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet
}
