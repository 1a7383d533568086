import { LRUCache } from 'lru-cache'
import { Unauthenticated } from '../errors.ts'
import type { Principal } from './policy.ts'
import { noRevocations, type Revocations } from './revocations.ts'
import type { Verify } from './verify.ts'

// A key that an issuer has withdrawn is believed for so long at most.
const rememberMs = 60_000
const maxBytes = 16 * 1024 * 1024
const bytesOfOne = 1000

/** Verifications that are remembered, as one takes longer than all else that a request needs. */
export type RememberingVerify = Verify & {
  /** What an earlier call has found, as long as that holds. */
  readonly known: (authorization: string | undefined) => Principal | undefined
}

type Remembered = { readonly authorization: string; readonly principal: Principal; readonly until: number }

/**
 * Remembers callers whose tokens were valid, never for longer than they are and for a minute at most; refusals are found anew
 * each time. Whoever sends the same header twice in that minute is verified once; whether it was revoked is asked each time.
 */
export function remembering(
  verify: Verify,
  revocations: Pick<Revocations, 'includes'> = noRevocations,
): RememberingVerify {
  // By the header's end, which is quicker to look up than all of it: that is compared then.
  const callers = new LRUCache<string, Remembered>({
    // No more than fit in; told so, it keeps their order in less memory, which is read for each request.
    max: Math.ceil(maxBytes / bytesOfOne),
    maxSize: maxBytes,
    sizeCalculation: ({ authorization }) => authorization.length + bytesOfOne,
  })

  function recall(authorization: string): Principal | undefined {
    const caller = callers.get(endOf(authorization))
    if (caller?.authorization !== authorization) return undefined
    return Date.now() < caller.until ? caller.principal : undefined
  }

  async function verifyAnew(authorization: string | undefined): Promise<Principal> {
    const principal = await verify(authorization)
    const until = Math.min(Date.now() + rememberMs, principal.expiresAt ?? Infinity)
    callers.set(endOf(authorization ?? ''), { authorization: authorization ?? '', principal, until })
    return principal
  }

  function known(authorization = ''): Principal | undefined {
    const found = recall(authorization)
    return found && !revocations.includes(found) ? found : undefined
  }

  async function remember(authorization: string | undefined): Promise<Principal> {
    const principal = recall(authorization ?? '') ?? (await verifyAnew(authorization))
    if (revocations.includes(principal)) throw new Unauthenticated('the access token has been revoked')
    return principal
  }
  return Object.assign(remember, { known })
}

/** Of a signature, enough to tell it from any other. */
function endOf(authorization: string): string {
  return authorization.slice(-40)
}
