import { setTimeout as wait } from 'node:timers/promises'
import type { Cache } from '../cache/cache.ts'
import type { Leases } from '../cache/leases.ts'
import type { Loaded, Missing } from '../cache/load.ts'
import type { Trail } from '../telemetry/trail.ts'
import type { Asking, Flights } from './flights.ts'

/** One kind of thing that is read of operators, and how those who want the same share one reading. */
export type Shared<V> = {
  readonly cache: Cache<V>
  readonly flights: Flights<Loaded<V>>
  readonly leases: Leases
}

type Read<V> = (asking: Asking) => Promise<Loaded<V>>

const firstLookMs = 10
const longestLookMs = 50

/**
 * Whoever wants the same at the same time waits for the one reading there is, in this process or in another instance.
 * `accept`: what is to be had from the store of all instances may not do.
 */
export async function readTogether<V>(
  { cache, flights, leases }: Shared<V>,
  key: Missing<V>,
  {
    accept,
    read,
    ...asking
  }: Asking<Trail> & { accept?: ((value: V) => boolean) | undefined; read: Read<V> },
): Promise<Loaded<V>> {
  /** Kept here, as whoever began may have gone. */
  async function readAndKeep(asking: Asking): Promise<Loaded<V>> {
    const brought = await read(asking)
    cache.put([{ key, loaded: brought, mark: key.mark }])
    return asKept(brought)
  }

  async function readOrAwait(asking: Asking): Promise<Loaded<V>> {
    const lease = await leases.take(key)
    if (lease === 'needless') return readAndKeep(asking)
    if (lease === 'taken') return (await awaitOther({ cache, leases }, key, asking)) ?? readAndKeep(asking)
    let brought: Loaded<V> | undefined
    try {
      return (brought = await readAndKeep(asking))
    } finally {
      leases.release(key, brought?.kept === true && brought.freshForMs > longestLookMs)
    }
  }

  const joined = await flights.join(key, asking, accept ? readAndKeep : readOrAwait)
  if (!accept || accept(joined.value)) return joined
  // What others were content to wait for came from another instance.
  return flights.join(key, asking, readAndKeep)
}

/** `undefined` where the other instance has gone, or has brought nothing that could be kept. */
async function awaitOther<V>(
  { cache, leases }: Pick<Shared<V>, 'cache' | 'leases'>,
  key: Missing<V>,
  { signal, trail }: Asking,
): Promise<Loaded<V> | undefined> {
  const deadline = performance.now() + leases.leaseMs
  const end = trail?.waiting()
  try {
    for (
      let lookMs = firstLookMs;
      performance.now() < deadline;
      lookMs = Math.min(lookMs * 1.5, longestLookMs)
    ) {
      await wait(lookMs, undefined, { signal })
      // Asked in this order: one that was given up before may have brought something since.
      const [held, found] = await Promise.all([leases.isHeld(key), cache.seek(key)])
      if (found ?? !held) return found
    }
    // It should have ended by itself: whatever this is, nobody else is to wait for it.
    leases.release(key, false)
    return undefined
  } finally {
    end?.()
  }
}

function asKept<V>(loaded: Loaded<V>): Loaded<V> {
  return loaded.freshForMs + loaded.graceMs > 0 ? { ...loaded, kept: true } : loaded
}
