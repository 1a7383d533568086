import { createCache } from '../cache/cache.ts'
import { deviceTwinningsCodec, foundCodec, type Found } from '../cache/codecs.ts'
import type { Evictions } from '../cache/evictions.ts'
import type { Leases } from '../cache/leases.ts'
import type { SharedStore } from '../cache/shared.ts'
import type { Change } from '../changes.ts'
import type { DeviceTwinnings } from '../domain/twinning.ts'
import { GatewayError } from '../errors.ts'
import { createFlights } from './flights.ts'
import type { LoaderStores } from './loaders.ts'
import { changesOf, changesOfList } from './states.ts'

// For both caches together, by the weights of their codecs.
const memoryBytes = 64 * 1024 * 1024

/** What is known of twinnings. `onDifferent` is told what a reading found to be other than what was held. */
export function createStores({
  evictions,
  shared,
  leases,
  onDifferent,
}: {
  evictions: Evictions
  shared: SharedStore | undefined
  leases: Leases
  onDifferent: (changes: readonly Change[]) => void
}): LoaderStores {
  const options = { evictions, shared, maxBytes: memoryBytes / 2, graceFor: isOperatorDown }
  const tell = (changes: readonly Change[]) => {
    if (changes.length > 0) onDifferent(changes)
  }
  return {
    found: {
      cache: createCache({
        codec: foundCodec,
        ...options,
        onReplaced: (before: Found, now: Found, { alike }) => {
          if (alike || !now.twinning) tell(changesOf(before.twinning, now.twinning))
        },
      }),
      flights: createFlights(evictions),
      leases,
    },
    lists: {
      cache: createCache({
        codec: deviceTwinningsCodec,
        ...options,
        onReplaced: (before: DeviceTwinnings, now: DeviceTwinnings) => tell(changesOfList(before, now)),
      }),
      flights: createFlights(evictions),
      leases,
    },
  }
}

/** True where old data are better than none: the operator is away, not the twinning. */
function isOperatorDown(error: Error): boolean {
  return (
    error instanceof GatewayError &&
    ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'RATE_LIMITED'].includes(error.code)
  )
}
