import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { report } from '../telemetry/channels.ts'

/** Calls back with each message of a channel, and with `undefined` when messages may have been missed. */
export type Listener = (message: string | undefined) => void

/** The messages of some channels, over a connection of its own. */
export type Subscriber = {
  /** Settles once the channel is heard, or at once where Redis is not there: then it is heard later. */
  readonly subscribe: (channel: string, listener: Listener) => Promise<void>
  /** True while no message of a subscribed channel can be missed for longer than a moment. */
  readonly listening: () => boolean
  /** True while that holds, and has held for long enough that others too have come back after a loss. */
  readonly settled: () => boolean
  readonly close: () => void
}

const beatMs = 250
const silentMs = 600
const reconnectAfterMs = 3000
// The longest pause between two attempts to connect, a beat, and what it takes to make up for what was missed.
const settleMs = 1500

/**
 * Hears messages, and knows when it does not: a connection may look sound while Redis hangs or a network has swallowed
 * it, so the subscriber sends itself a message now and then, by `publish`, on the way that those of others take.
 * `onBeat` is called when it has come back, which is when Redis is known to work; `onRegained`, before that, when it has
 * come back after a loss.
 */
export function createSubscriber({
  connection,
  publish,
  onBeat,
  onRegained,
}: {
  connection: Redis
  publish: (channel: string, message: string) => Promise<unknown>
  onBeat: () => void
  onRegained: () => void
}): Subscriber {
  const beats = `twinning-gateway:1:beat:${randomUUID()}`
  const listeners = new Map<string, Listener>()
  let listening = false
  let hasLost = false
  let settledAt = 0
  let heardAt = performance.now()
  let reconnectedAt = performance.now()

  function missed(): void {
    for (const listener of listeners.values()) listener(undefined)
  }

  function lose(): void {
    if (listening) missed()
    listening = false
    hasLost = true
  }

  function regain(): void {
    settledAt = performance.now() + settleMs
    onRegained()
  }

  /** `works`: Redis has just proved it; after a loss, being connected proves nothing. */
  async function resubscribe(works: boolean): Promise<void> {
    try {
      await connection.subscribe(beats, ...listeners.keys())
      if (hasLost && !works) return
      heardAt = performance.now()
      // What was said between the loss and now has been missed.
      missed()
      if (hasLost && !listening) regain()
      listening = true
    } catch (error) {
      report('cache.failure', {
        operation: 'subscribe',
        error: error instanceof Error ? error.name : 'unknown',
      })
    }
  }

  function check(): void {
    const now = performance.now()
    if (now - heardAt > silentMs) lose()
    if (now - Math.max(heardAt, reconnectedAt) < reconnectAfterMs) return
    reconnectedAt = now
    connection.disconnect(true)
  }

  connection.on('error', () => undefined) // The same fault as that of the commands' connection, reported there.
  connection.on('close', lose)
  connection.on('ready', () => void resubscribe(false))
  connection.on('message', (channel: string, message: string) => {
    // Others are heard from a Redis that takes no writes, too; and what is not evicted there is read from there.
    if (channel !== beats) return listeners.get(channel)?.(message)
    heardAt = performance.now()
    if (!listening && connection.status === 'ready') void resubscribe(true)
    onBeat()
  })
  let lastTurn = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    // For as long as this process was too busy to hear, it was too busy to answer as well.
    heardAt = Math.min(heardAt + Math.max(now - lastTurn - beatMs, 0), now)
    lastTurn = now
    publish(beats, '').catch(() => undefined)
    // After what has arrived is read: a process that was busy for long has not missed anything.
    setImmediate(check)
  }, beatMs).unref()

  return {
    subscribe: async (channel, listener) => {
      listeners.set(channel, listener)
      if (connection.status === 'ready') await resubscribe(false)
    },
    listening: () => listening,
    settled: () => listening && performance.now() >= settledAt,
    close: () => {
      clearInterval(timer)
      listeners.clear()
      connection.disconnect()
    },
  }
}
