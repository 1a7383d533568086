import type { Evictions } from './cache/evictions.ts'
import type { Changes } from './changes.ts'
import type { Config } from './config/config.ts'
import type { Sealer } from './domain/ids.ts'
import { createCaching } from './graphql/caching.ts'
import { createBudget } from './graphql/cost/budget.ts'
import { createAllowance } from './graphql/limits/allowance.ts'
import type { Callers } from './http/callers.ts'
import type { BeginTrail } from './http/trails.ts'
import type { CreateContext } from './http/graphql.ts'
import type { Idempotency } from './twinnings/idempotency.ts'
import { createLoaders, type LoaderStores } from './twinnings/loaders.ts'
import type { Lookout } from './twinnings/lookout.ts'
import { createReader } from './twinnings/reader.ts'
import { createWatcher } from './twinnings/watcher.ts'
import { createWriter } from './twinnings/writer.ts'
import type { Operators } from './upstream/operators.ts'

/** Makes what one request has to itself: who asks, what it has read, and what it may still do. */
export function createContextFactory({
  config,
  evictions,
  callers,
  operators,
  stores,
  sealer,
  changes,
  idempotency,
  lookout,
  beginTrail,
}: {
  config: Config
  evictions: Evictions
  callers: Callers
  operators: Operators
  stores: LoaderStores
  sealer: Sealer
  changes: Changes
  idempotency: Idempotency
  lookout: Lookout
  beginTrail: BeginTrail
}): CreateContext {
  const lifetime = { ttlMs: config.cacheTtlMs, graceMs: config.cacheStaleMs }

  return async (request, signal, authorization = request.headers.authorization) => {
    // Taken before anything is read.
    const epoch = evictions.now()
    const trailFor = beginTrail(request)
    const { principal, refused, spend } = await callers.identify(request, authorization)
    const { trail, explanation } = trailFor(principal)
    const allowance = createAllowance(config.limits, signal)
    const caller = allowance.caller(principal.token)
    // A write goes on when its client has gone: half of one would leave behind what nobody knows of.
    const writing = { token: principal.token, signal: new AbortController().signal, trail }
    const caching = createCaching({ sealer, tags: config.cacheTags })
    const loaders = createLoaders({
      operators,
      stores,
      lifetime,
      caller,
      onRead: caching.read,
      reading: allowance.reading,
      trail,
    })
    const reader = createReader({ principal, loaders, sealer })
    return {
      principal,
      unauthenticated: refused,
      spend,
      reader,
      writer: createWriter({ principal, caller: writing, operators, loaders, sealer, changes, idempotency }),
      watcher: createWatcher({
        token: principal.token,
        signal,
        reader,
        loaders,
        sealer,
        changes,
        lookout,
        onEvent: allowance.renew,
      }),
      sealer,
      signal,
      warnings: [],
      caching,
      epoch,
      budget: createBudget(config.cost),
      allowance,
      trail,
      explanation,
    }
  }
}
