import type { Evictions } from './cache/evictions.ts'
import type { Changes } from './changes.ts'
import type { Config } from './config/config.ts'
import type { Sealer } from './domain/ids.ts'
import { createCaching } from './graphql/caching.ts'
import { createBudget } from './graphql/cost/budget.ts'
import { createAllowance } from './graphql/limits/allowance.ts'
import type { Context } from './graphql/context.ts'
import type { Caller, Callers } from './http/callers.ts'
import type { BeginTrail, Seen } from './http/trails.ts'
import type { ContextOf, CreateContext } from './http/graphql.ts'
import type { Idempotency } from './twinnings/idempotency.ts'
import { createLoaders, type LoaderStores } from './twinnings/loaders.ts'
import type { Lookout } from './twinnings/lookout.ts'
import { createReader } from './twinnings/reader.ts'
import { createWatcher } from './twinnings/watcher.ts'
import { createWriter } from './twinnings/writer.ts'
import type { Operators } from './upstream/operators.ts'

/**
 * Makes what one request has to itself: who asks, what it has read, and what it may still do. `contextOf`: of a caller who is
 * known, and has paid.
 */
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
}): { readonly createContext: CreateContext; readonly contextOf: ContextOf } {
  const lifetime = { ttlMs: config.cacheTtlMs, graceMs: config.cacheStaleMs }

  function contextFor(
    { principal, refused, spend }: Caller,
    { trail, explanation }: Seen,
    { epoch, signal }: { epoch: number; signal: AbortSignal },
  ): Context {
    const allowance = createAllowance(config.limits, signal)
    const { token } = principal
    const caching = createCaching({ sealer, tags: config.cacheTags })
    const loaders = createLoaders({
      operators,
      stores,
      lifetime,
      caller: allowance.caller(token),
      onRead: caching.read,
      reading: allowance.reading,
      trail,
    })
    const reader = createReader({ principal, loaders, sealer })
    // Most requests neither change nor watch anything.
    const writer = once(() =>
      createWriter({
        principal,
        // A write goes on when its client has gone: half of one would leave behind what nobody knows of.
        caller: { token, signal: new AbortController().signal, trail },
        operators,
        loaders,
        sealer,
        changes,
        idempotency,
      }),
    )
    const watcher = once(() =>
      createWatcher({
        token,
        signal,
        reader,
        loaders,
        sealer,
        changes,
        lookout,
        onEvent: allowance.renew,
      }),
    )
    return {
      principal,
      unauthenticated: refused,
      spend,
      reader,
      get writer() {
        return writer()
      },
      get watcher() {
        return watcher()
      },
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

  return {
    createContext: async (request, signal, authorization = request.headers.authorization) => {
      // Taken before anything is read.
      const epoch = evictions.now()
      const seenBy = beginTrail(request)
      const caller = await callers.identify(request, authorization)
      return contextFor(caller, seenBy(caller.principal), { epoch, signal })
    },
    contextOf: (request, signal, principal) =>
      contextFor({ principal, refused: undefined, spend: nothing }, beginTrail(request)(principal), {
        epoch: evictions.now(),
        signal,
      }),
  }
}

const nothing = () => undefined

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
