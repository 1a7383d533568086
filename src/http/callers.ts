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
  /**
   * Who calls, by the Authorization header; `undefined` for whom `identify` has a refusal. Takes nothing from anybody, and what
   * it finds out serves `identify` too.
   */
  readonly recognize: (request: IncomingMessage) => Promise<Principal | undefined>
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
  // A token is verified once for a request, whoever is the first to want it.
  const verifications = new WeakMap<IncomingMessage, Promise<Principal | GatewayError>>()

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
    recognize: async (request) => {
      // As for `refusalOf`: a stranger who has nothing left is not looked at.
      if (!rates.hasLeft(asking(request, undefined))) return undefined
      const verification = verified(request.headers.authorization)
      verifications.set(request, verification)
      const found = await verification
      return found instanceof GatewayError ? undefined : found
    },
    prepays: (request, principal, cost) => {
      if (prepaid.has(request)) return true
      const isPaid = pays(request, principal, cost)
      if (isPaid) prepaid.set(request, Math.max(cost, leastCost))
      return isPaid
    },
    identify: async (request, authorization) => {
      const found =
        refusalOf(request, authorization) ?? (await (verifications.get(request) ?? verified(authorization)))
      const known = found instanceof GatewayError ? undefined : found
      const who = asking(request, known)
      const paid = (known && prepaid.get(request)) ?? 0
      // Asked again, as only now it is known who it is: an unknown token of a known caller is refused in the same words.
      const limit = () => rates.refusalOf(who) ?? rates.take(who, leastCost)
      const limited = found instanceof RateLimited || paid > 0 ? undefined : limit()
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
