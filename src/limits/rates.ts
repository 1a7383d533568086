import type { Principal } from '../auth/policy.ts'
import { RateLimited } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import type { Exchange } from './exchange.ts'
import { createLimit, type Limit } from './limit.ts'

/** Settings: units of cost in a minute, 0 for no limit; `measure`: what would be refused is only counted. */
export type RateSettings = {
  readonly caller: number
  readonly unauthenticated: number
  readonly mode: 'enforce' | 'measure'
}

/** Who asks: the caller of a valid token, or `undefined`, for whom its address stands. */
export type Asking = { readonly principal: Principal | undefined; readonly address: () => string }

/** What callers may still ask for. */
export type Rates = {
  /** Takes the cost of what is asked for from what is left, but for what is paid; the refusal where that is too little. */
  readonly take: (asking: Asking, cost: number, paid?: number) => RateLimited | undefined
  /** As `take`, but a refusal is somebody else's to tell. */
  readonly takes: (asking: Asking, cost: number) => boolean
  /** The refusal of a caller who has nothing left; takes nothing. */
  readonly refusalOf: (asking: Asking) => RateLimited | undefined
  /** Whether there is something left, or whatever there is is not enforced; tells nobody. */
  readonly hasLeft: (asking: Asking) => boolean
}

export function createRates({ caller, unauthenticated, mode }: RateSettings, exchange?: Exchange): Rates {
  const callers = createLimit({ kind: 'caller', limit: caller, exchange })
  // AUTH=off: everybody is everybody, and told apart by nothing else.
  const everybody = createLimit({ kind: 'address', limit: caller, exchange })
  const strangers = createLimit({ kind: 'stranger', limit: unauthenticated, exchange })
  const enforced = mode === 'enforce'

  function placeOf({ principal, address }: Asking): { limit: Limit; by: 'caller' | 'address'; name: string } {
    if (!principal) return { limit: strangers, by: 'address', name: address() }
    if (principal.everything) return { limit: everybody, by: 'address', name: address() }
    return { limit: callers, by: 'caller', name: principal.caller }
  }

  function told(by: 'caller' | 'address', waitMs: number): RateLimited | undefined {
    report('rate.refused', { by, outcome: enforced ? 'refused' : 'measured' })
    return enforced ? new RateLimited(Math.max(Math.ceil(waitMs / 1000), 1)) : undefined
  }

  /** In how many ms a caller who has nothing left may come again. */
  function restOf({ limit, name }: ReturnType<typeof placeOf>): number {
    // What is only measured is counted where it is taken.
    return enforced ? limit.rest(name, Date.now()) : 0
  }

  return {
    hasLeft: (asking) => restOf(placeOf(asking)) === 0,
    take: (asking, cost, paid) => {
      const { limit, by, name } = placeOf(asking)
      const now = Date.now()
      return limit.take(name, cost, now, paid) ? undefined : told(by, limit.refuse(name, cost, now))
    },
    takes: (asking, cost) => {
      const { limit, by, name } = placeOf(asking)
      return limit.take(name, cost, Date.now()) || (!enforced && told(by, 0) === undefined)
    },
    refusalOf: (asking) => {
      const place = placeOf(asking)
      const waitMs = restOf(place)
      return waitMs === 0 ? undefined : told(place.by, waitMs)
    },
  }
}
