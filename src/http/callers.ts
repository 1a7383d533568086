import type { IncomingMessage } from 'node:http'
import { nobody, type Principal } from '../auth/policy.ts'
import type { RememberingVerify } from '../auth/remember.ts'
import { GatewayError, RateLimited } from '../errors.ts'
import type { Rates } from '../limits/rates.ts'
import type { AddressOf } from './address.ts'

/** A caller, or why it is nobody, and what it may still ask for. */
export type Caller = {
  readonly principal: Principal
  readonly refused: GatewayError | undefined
  /** Throws RateLimited. */
  readonly spend: (cost: number) => void
}

/** Who calls, and how much of it. Each request counts, also one of which nothing comes, and as 1 at least. */
export type Callers = {
  readonly identify: (request: IncomingMessage, authorization: string | undefined) => Promise<Caller>
  /** Why this request need not be looked at; takes next to no time, and no token is verified. */
  readonly refusalOf: (request: IncomingMessage, authorization?: string) => GatewayError | undefined
  /** Whether a request of this cost is paid for; where it is not, `identify` tells why. */
  readonly pays: (request: IncomingMessage, principal: Principal, cost: number) => boolean
  /** As `pays`, for what may come to be executed nevertheless: `identify` and `spend` take no more than what is left to pay. */
  readonly prepays: (request: IncomingMessage, principal: Principal, cost: number) => boolean
}

const leastCost = 1

export function createCallers({
  verify,
  rates,
  addressOf,
}: {
  verify: RememberingVerify
  rates: Rates
  addressOf: AddressOf
}): Callers {
  const prepaid = new WeakMap<IncomingMessage, number>()

  async function verified(authorization: string | undefined): Promise<Principal | GatewayError> {
    try {
      return await verify(authorization)
    } catch (error) {
      if (error instanceof GatewayError) return error
      throw error
    }
  }

  const asking = (request: IncomingMessage, principal: Principal | undefined) => ({
    principal,
    address: () => addressOf(request),
  })

  function refusalOf(request: IncomingMessage, authorization = request.headers.authorization) {
    // By whom all that was left may have been paid for this.
    if (prepaid.has(request)) return undefined
    return rates.refusalOf(asking(request, verify.known(authorization)))
  }

  function pays(request: IncomingMessage, principal: Principal, cost: number): boolean {
    return rates.takes(asking(request, principal), Math.max(cost, leastCost))
  }

  return {
    refusalOf,
    pays,
    prepays: (request, principal, cost) => {
      const isPaid = pays(request, principal, cost)
      if (isPaid) prepaid.set(request, Math.max(cost, leastCost))
      return isPaid
    },
    identify: async (request, authorization) => {
      const found = refusalOf(request, authorization) ?? (await verified(authorization))
      const known = found instanceof GatewayError ? undefined : found
      const who = asking(request, known)
      const paid = (known && prepaid.get(request)) ?? 0
      const limited = found instanceof RateLimited ? found : paid > 0 ? undefined : rates.take(who, leastCost)
      const refused = limited ?? (found instanceof GatewayError ? found : undefined)
      return {
        principal: refused || !known ? nobody : known,
        refused,
        spend: (cost) => {
          const due = Math.max(paid, leastCost)
          const tooMuch = cost > due ? rates.take(who, cost, due) : undefined
          if (tooMuch) throw tooMuch
        },
      }
    },
  }
}
