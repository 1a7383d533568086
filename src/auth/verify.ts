import { decodeJwt, errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose'
import { parseAddress } from '../domain/address.ts'
import { GatewayError, Unauthenticated } from '../errors.ts'
import { createKeySet } from './keys.ts'
import { nobody, type Principal } from './policy.ts'

/** The keys that sign access tokens can't be had: no caller's fault. */
export class TokenKeysUnavailable extends GatewayError {
  override readonly name = 'TokenKeysUnavailable'
  readonly code = 'UPSTREAM_UNAVAILABLE'
}

/**
 * Reads an Authorization header (RFC 6750 §2.1). Throws Unauthenticated where it holds no valid access token, and
 * TokenKeysUnavailable where that can't be told.
 */
export type Verify = (authorization: string | undefined) => Promise<Principal>

// Never `none` nor an HMAC: whoever verifies one of those could sign one.
const algorithms = ['RS256', 'ES256']
// RFC 7519 §5.1, RFC 9068 §2.1; one that says nothing of it may be any. Other tokens of the same issuer say that they are
// others (RFC 8725 §3.11): a DPoP proof, a logout token.
const types = ['jwt', 'at+jwt']

/**
 * Verifies JWTs (RFC 7519) by the key set at `jwksUrl`: signature, `exp`, `nbf` and, where they are given, `iss` and
 * `aud`.
 */
export function createVerify({
  jwksUrl,
  issuer,
  audience,
  skewS,
  staleMs,
}: {
  jwksUrl: URL
  issuer: string | undefined
  audience: string | undefined
  /** By how much the issuer's clock may differ from ours. */
  skewS: number
  /** How long the last key set serves while there is no other. */
  staleMs: number
}): Verify {
  const keys = createKeySet(jwksUrl, staleMs)
  const options = {
    algorithms,
    clockTolerance: skewS,
    requiredClaims: ['exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }

  async function open(token: string): Promise<Opened> {
    try {
      return await jwtVerify(token, keys, options)
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      // A token may lack `kid` (RFC 7515 §4.1.4): while keys are rotated, one of several has signed it.
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, options)
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
        }
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }

  return async (authorization) => {
    const token = bearer(authorization)
    try {
      const { payload, protectedHeader } = await open(token)
      if (!isAccessToken(protectedHeader))
        throw new Unauthenticated('the token is of another type than access tokens')
      return principalOf(payload, { token, skewS })
    } catch (error) {
      throw coded(error)
    }
  }
}

type Opened = { readonly payload: JWTPayload; readonly protectedHeader: JWTHeaderParameters }

function isAccessToken({ typ }: JWTHeaderParameters): boolean {
  return typ === undefined || types.includes(typ.toLowerCase().replace(/^application\//, ''))
}

/**
 * AUTH=off: everybody may do everything. A token that comes is for operators that are asked with it, and says which
 * device is meant where none is named; it is not verified, as it opens nothing.
 */
export const verifyNothing: Verify = (authorization) => {
  const token = bearerToken.exec(authorization ?? '')?.[1]
  const address = token === undefined ? undefined : addressIn(token)
  return Promise.resolve({ ...nobody, everything: true, caller: 'everybody', token, address })
}

function addressIn(token: string) {
  try {
    const { address } = decodeJwt(token)
    return typeof address === 'string' ? parseAddress(address) : undefined
  } catch {
    return undefined
  }
}

// RFC 6750 §2.1. Nothing else can stand in a header that is sent on.
const bearerToken = /^Bearer +([\w.~+/=-]+)$/i

function bearer(authorization: string | undefined): string {
  if (authorization === undefined)
    throw new Unauthenticated('an access token is needed: Authorization: Bearer …')
  const token = bearerToken.exec(authorization)?.[1]
  if (token === undefined) throw new Unauthenticated('the Authorization header holds no Bearer token')
  return token
}

function principalOf(claims: JWTPayload, { token, skewS }: { token: string; skewS: number }): Principal {
  const { address, scope, iss, sub, exp, jti, client_id: clientId } = claims
  if (scope !== undefined && typeof scope !== 'string')
    throw new Unauthenticated('the claim scope is no text')
  const device = typeof address === 'string' ? parseAddress(address) : undefined
  if (address !== undefined && device === undefined)
    throw new Unauthenticated('the claim address is no tel:, sip:, sips: or acr: URI')
  const subject = [sub, clientId, device].find((name) => typeof name === 'string')
  return {
    address: device,
    scopes: new Set((scope ?? '').split(' ').filter((name) => name !== '')),
    caller: JSON.stringify([iss ?? '', subject ?? '']),
    names: [
      ...(typeof subject === 'string' ? [`sub:${subject}`] : []),
      ...(typeof jti === 'string' ? [`jti:${jti}`] : []),
    ],
    everything: false,
    token,
    expiresAt: exp === undefined ? undefined : (exp + skewS) * 1000,
  }
}

// Nothing of the token is repeated: these messages are for whoever holds it, and for logs.
function coded(error: unknown): unknown {
  if (error instanceof GatewayError) return error
  if (error instanceof errors.JWTExpired) return new Unauthenticated('the access token has expired')
  if (error instanceof errors.JWTClaimValidationFailed)
    return new Unauthenticated(`the access token's claim ${error.claim} is not accepted: ${error.reason}`)
  if (error instanceof errors.JWKSNoMatchingKey)
    return new Unauthenticated('the access token is signed with an unknown key')
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return new Unauthenticated(`the access token must be signed with ${algorithms.join(' or ')}`)
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new Unauthenticated("the access token's signature is wrong")
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid)
    return new Unauthenticated('the access token is no JWT')
  return new TokenKeysUnavailable('the keys that sign access tokens could not be had', { cause: error })
}
