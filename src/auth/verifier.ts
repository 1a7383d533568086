import { remembering, type RememberingVerify } from './remember.ts'
import type { Revocations } from './revocations.ts'
import { createVerify, verifyNothing } from './verify.ts'

/** Settings, as far as they say whose tokens are believed. */
export type TokenSettings = {
  readonly auth: 'on' | 'off'
  readonly jwksUrl: URL | undefined
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: string | undefined
  readonly jwtClockSkewS: number
  readonly jwksStaleMs: number
}

/** How callers' tokens are verified, by the settings. */
export function createVerifier(
  { auth, jwksUrl, ...tokens }: TokenSettings,
  revocations: Revocations,
): RememberingVerify {
  if (auth === 'off') return remembering(verifyNothing)
  if (!jwksUrl) throw new TypeError('with AUTH=on the gateway needs a JWKS_URL')
  const verify = createVerify({
    jwksUrl,
    issuer: tokens.jwtIssuer,
    audience: tokens.jwtAudience,
    skewS: tokens.jwtClockSkewS,
    staleMs: tokens.jwksStaleMs,
  })
  return remembering(verify, revocations)
}
