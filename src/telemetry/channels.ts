import { channel } from 'node:diagnostics_channel'

/** Everything that the gateway reports, by channel. Labels are closed sets: never an id, an address or a secret. */
export type Reports = {
  'upstream.request': {
    operator: string
    method: string
    status: number | 'timeout' | 'error' | 'invalid'
    ms: number
  }
  'upstream.leftOut': { operator: string; problem: string }
  'cache.read': { tier: 'memory' | 'redis' | 'none'; count: number }
  'cache.stale': { count: number }
  'cache.failure': { operation: string; error: string }
  'error.unexpected': { error: unknown }
  'operation.cost': { estimated: number; result: 'ok' | 'too_expensive' }
  'router.invalidation': { outcome: 'done' | 'failed'; error?: string }
  'notification.received': { operator: string; outcome: 'accepted' | 'refused' }
}

/** Tells whoever listens; costs next to nothing where nobody does. */
export function report<Name extends keyof Reports>(name: Name, payload: Reports[Name]): void {
  channel(`twinning-gateway:${name}`).publish(payload)
}

/** Listens to one channel; answers how to stop. */
export function listen<Name extends keyof Reports>(
  name: Name,
  listener: (payload: Reports[Name]) => void,
): () => void {
  const subscriber = (payload: unknown) => listener(payload as Reports[Name])
  channel(`twinning-gateway:${name}`).subscribe(subscriber)
  return () => channel(`twinning-gateway:${name}`).unsubscribe(subscriber)
}
