import type { IncomingMessage } from 'node:http'
import { mayExplain, type Principal } from '../auth/policy.ts'
import { createExplanation, type Explanation } from '../telemetry/explanation.ts'
import type { Trail } from '../telemetry/trail.ts'

/** Who is to see what one request does: mostly nobody. */
export type Seen = { readonly trail: Trail | undefined; readonly explanation: Explanation | undefined }

/** To be called as soon as a request is there, and the answer once it is known whose it is. */
export type Trails = { readonly begin: (request: IncomingMessage) => (principal: Principal) => Seen }

const header = 'x-twinning-explain'
const unseen: Seen = { trail: undefined, explanation: undefined }
const toNobody = () => unseen

export function createTrails(): Trails {
  return {
    begin: (request) => {
      if (!asksToExplain(request)) return toNobody
      const startedAt = performance.now()
      return (principal) => {
        if (!mayExplain(principal)) return unseen
        const explanation = createExplanation(startedAt)
        return { trail: explanation.trail, explanation }
      }
    },
  }
}

/** Whether a caller wants to see what its answer takes: that is to be executed, even where it is at hand. */
export function asksToExplain({ headers }: IncomingMessage): boolean {
  return headers[header] === '1'
}
