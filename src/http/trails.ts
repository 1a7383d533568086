import type { IncomingMessage } from 'node:http'
import { mayExplain, type Principal } from '../auth/policy.ts'
import { createExplanation, type Explanation } from '../telemetry/explanation.ts'
import { bothTrails, type Trail } from '../telemetry/trail.ts'
import type { Requests } from './requests.ts'

/** Who is to see what one request does: mostly nobody. */
export type Seen = { readonly trail: Trail | undefined; readonly explanation: Explanation | undefined }

/** To be called as soon as a request is there, and the answer once it is known whose it is. */
export type BeginTrail = (request: IncomingMessage) => (principal: Principal) => Seen

const header = 'x-twinning-explain'

export function createTrails({ trailOf }: Pick<Requests, 'trailOf'>): BeginTrail {
  return (request) => {
    const traced = trailOf(request)
    const startedAt = asksToExplain(request) ? performance.now() : undefined
    return (principal) => {
      if (startedAt === undefined || !mayExplain(principal)) return { trail: traced, explanation: undefined }
      const explanation = createExplanation(startedAt)
      const { trail } = explanation
      return { trail: traced ? bothTrails(traced, trail) : trail, explanation }
    }
  }
}

/** Whether a caller wants to see what its answer takes: that is to be executed, even where it is at hand. */
export function asksToExplain({ headers }: IncomingMessage): boolean {
  return headers[header] === '1'
}
