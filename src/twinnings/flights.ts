import type { Mark } from '../cache/load.ts'
import type { Evictions } from '../cache/evictions.ts'
import { entryName, type CacheKey } from '../cache/keys.ts'
import { createSharedTrail, type CallTrail, type SharedTrail, type Trail } from '../telemetry/trail.ts'

/** Until when something is loaded, and who is to see how. */
export type Asking<T extends CallTrail = CallTrail> = {
  readonly signal: AbortSignal
  readonly trail: T | undefined
}

/** Loads that are under way in this process, so that whoever wants the same waits for the one there is. */
export type Flights<T> = {
  /**
   * Joins the load of a key that began after its last eviction, or begins one.
   * The load is given up once everybody who waits for it has gone; one who goes alone leaves it to the others.
   */
  readonly join: (
    key: CacheKey & { readonly mark: Mark },
    asking: Asking<Trail>,
    load: (asking: Asking) => Promise<T>,
  ) => Promise<T>
}

type Flight<T> = {
  readonly mark: Mark
  readonly result: Promise<T>
  readonly end: AbortController
  readonly trail: SharedTrail
  waiting: number
}

export function createFlights<T>(evictions: Pick<Evictions, 'isCurrent'>): Flights<T> {
  const flights = new Map<string, Flight<T>>()

  return {
    join: (key, { signal, trail }, load) => {
      const name = entryName(key)
      const running = flights.get(name)
      const joined = running !== undefined && mayJoin(running.mark, key, evictions)
      const flight = joined ? running : begin(name, key.mark, { trail, load })
      if (joined) flight.trail.join(trail)
      return waitFor(flight, signal)
    },
  }

  function begin(
    name: string,
    mark: Mark,
    { trail: own, load }: { trail: Trail | undefined; load: (asking: Asking) => Promise<T> },
  ): Flight<T> {
    const end = new AbortController()
    const trail = createSharedTrail(own)
    const result = load({ signal: end.signal, trail })
    const flight: Flight<T> = { mark, result, end, trail, waiting: 0 }
    const landed = () => {
      if (flights.get(name) === flight) flights.delete(name)
    }
    flights.set(name, flight)
    // Before anybody hears of it. Everybody may have gone: then nobody hears how it failed.
    result.then(landed, landed)
    return flight
  }
}

/** Not where the tag was evicted since, here or, as far as the shared store says, elsewhere. */
function mayJoin(
  { epoch, generation }: Mark,
  { tag, mark }: CacheKey & { readonly mark: Mark },
  evictions: Pick<Evictions, 'isCurrent'>,
): boolean {
  if (!evictions.isCurrent(tag, epoch)) return false
  // Where the store knows no generation of a tag, nobody has evicted it: each reader makes up one of its own.
  const areNew = Boolean(generation?.isNew && mark.generation?.isNew)
  return areNew || generation?.id === mark.generation?.id
}

function waitFor<T>(flight: Flight<T>, signal: AbortSignal): Promise<T> {
  flight.waiting += 1
  return new Promise((resolve, reject) => {
    const leave = () => {
      flight.waiting -= 1
      if (flight.waiting === 0) flight.end.abort(signal.reason)
      reject(signal.reason as Error)
    }
    if (signal.aborted) {
      leave()
      return
    }
    signal.addEventListener('abort', leave)
    const done = () => signal.removeEventListener('abort', leave)
    flight.result.then(done, done)
    flight.result.then(resolve, reject)
  })
}
