import { channel, type Channel } from 'node:diagnostics_channel'
import type { LimitName } from '../errors.ts'

/** Everything that the gateway reports, by channel. Labels are closed sets: never an id, an address or a secret. */
export type Reports = {
  /** `route`: as it was registered, with the names of its parameters; `undefined` where nothing was there. */
  'http.request': { method: string; route: string | undefined; status: number; ms: number }
  'upstream.request': {
    operator: string
    method: string
    status: number | 'timeout' | 'error' | 'invalid'
    ms: number
  }
  'upstream.retried': { operator: string }
  'upstream.spared': { operator: string; reason: 'retry_after' | 'breaker' }
  'upstream.leftOut': { operator: string; problem: string }
  'cache.read': { tier: 'memory' | 'redis' | 'none'; count: number }
  'answer.atHand': { kind: 'answer' | 'entities' }
  /** Of a request that had to be executed, the document was known, and nothing else had to be done for it. */
  'document.atHand': Record<string, never>
  'cache.stale': { count: number }
  'cache.failure': { operation: string; error: string }
  'error.unexpected': { error: unknown }
  'operation.cost': { estimated: number; result: 'ok' | 'too_expensive' }
  'limit.exceeded': { limit: LimitName | 'connections'; outcome: 'refused' | 'measured' }
  /** `hash`: of the document's text, which is no label. */
  'document.untrusted': { hash: string; outcome: 'served' | 'refused' }
  'auth.keys': { outcome: 'fetched' | 'stale' | 'missing' }
  'auth.revocations': { outcome: 'read' | 'heard' | 'unreadable' | 'unknown' }
  'rate.refused': { by: 'caller' | 'address'; outcome: 'refused' | 'measured' }
  'router.invalidation': { outcome: 'done' | 'failed'; error?: string }
  'router.callback': { outcome: 'lost' }
  'lookout.checked': { operator: string; outcome: 'same' | 'changed' }
  'change.recorded': { outcome: 'written' | 'lost'; count: number }
  'telemetry.export': { signal: 'traces' | 'metrics'; outcome: 'done' | 'failed' }
  'notification.received': { operator: string; outcome: 'accepted' | 'refused' }
}

// Each is looked up once: a warm answer reports to four.
const channels = new Map<keyof Reports, Channel>()

function channelOf(name: keyof Reports): Channel {
  const known = channels.get(name)
  if (known) return known
  const made = channel(`twinning-gateway:${name}`)
  channels.set(name, made)
  return made
}

/** Tells whoever listens; costs next to nothing where nobody does. */
export function report<Name extends keyof Reports>(name: Name, payload: Reports[Name]): void {
  channelOf(name).publish(payload)
}

/** Listens to one channel; answers how to stop. */
export function listen<Name extends keyof Reports>(
  name: Name,
  listener: (payload: Reports[Name]) => void,
): () => void {
  const subscriber = (payload: unknown) => {
    try {
      listener(payload as Reports[Name])
    } catch (error) {
      // Thrown on, it would end the process: what is reported must never cost more than its report.
      if (name !== 'error.unexpected') report('error.unexpected', { error })
    }
  }
  channelOf(name).subscribe(subscriber)
  return () => channelOf(name).unsubscribe(subscriber)
}
