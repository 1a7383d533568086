import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { report } from '../telemetry/channels.ts'

/** What a router sends with a subscription: where its events go, and how often it wants a sign of life (0: never). */
export type CallbackTarget = {
  readonly callbackUrl: URL
  readonly subscriptionId: string
  readonly verifier: string
  readonly heartbeatIntervalMs: number
}

/** The messages to one router's callback, one after the other. Each is false once the router wants no more. */
export type Callback = {
  readonly check: () => Promise<boolean>
  readonly next: (payload: object) => Promise<boolean>
  /** The last one. */
  readonly complete: (errors?: readonly object[]) => Promise<boolean>
}

/** The header of every message in either direction. */
export const callbackProtocol = { 'subscription-protocol': 'callback/1.0' } as const

const withinMs = 5000
// A router that restarts, or a network that stumbles; what comes meanwhile waits, one for each twinning.
const retryAfterMs = [100, 400, 1600]

/**
 * Apollo's HTTP callback protocol for GraphQL subscriptions, version 1.0: POSTs of `check`, `next` and `complete` with the
 * `verifier`. `signal` gives up whatever is under way. A 4xx ends the subscription; what does not arrive is sent again. Redirects are not followed.
 */
export function createCallback(
  { callbackUrl, subscriptionId, verifier }: CallbackTarget,
  signal: AbortSignal,
): Callback {
  let last: Promise<boolean> = Promise.resolve(true)

  async function attempt(body: string): Promise<number> {
    try {
      const response = await request(callbackUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...callbackProtocol },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
        // Nothing of a router's is to keep the process from ending.
        reset: true,
      })
      await response.body.dump()
      return response.statusCode
    } catch {
      // Its message would name the router's address.
      return 0
    }
  }

  async function deliver(body: string): Promise<boolean> {
    for (const pauseMs of [...retryAfterMs, undefined]) {
      const status = await attempt(body)
      if (status >= 200 && status < 300) return true
      // What it has refused, or has no such subscription for, it will not take the next time.
      if (status >= 300 && status < 500 && status !== 408 && status !== 429) return false
      if (signal.aborted) return false
      if (pauseMs !== undefined) await wait(pauseMs, undefined, { ref: false })
    }
    report('router.callback', { outcome: 'lost' })
    return false
  }

  function send(action: 'check' | 'next' | 'complete', more: object = {}): Promise<boolean> {
    const body = JSON.stringify({ kind: 'subscription', action, id: subscriptionId, verifier, ...more })
    last = last.then((goesOn) => goesOn && deliver(body))
    return last
  }

  return {
    check: () => send('check'),
    next: (payload) => send('next', { payload }),
    complete: (errors) => send('complete', errors && { errors }),
  }
}
