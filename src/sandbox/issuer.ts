// Who signs the access tokens of GraphQL callers: README, "Who may do what".
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import type { JWK, JWTPayload } from 'jose'
import { readClient } from './credentials.ts'
import { listen } from './http.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import { isSameSecret, newSecret } from './secret.ts'

/** ES256 is the honest one; the rest is for tests of who must not be believed, and RS256 for who may. */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'HS256' | 'none'

export type SignOptions = {
  /** From now; negative has expired already, null leaves `exp` out. */
  readonly expiresInS?: number | null
  readonly alg?: SigningAlgorithm
}

/** A client of the token endpoint. */
export type TokenClient = { readonly clientId: string; readonly clientSecret: string; readonly scope: string }

export type Issuer = {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly tokenUrl: string
  readonly clients: { readonly portal: TokenClient; readonly analytics: TokenClient }
  /** Claims given here win over `iss`, `aud`, `iat`, `exp` and `sub`. */
  readonly sign: (claims?: JWTPayload, options?: SignOptions) => Promise<string>
  /** Adds a key and signs with it from now on; the older ones stay published. Resolves to the new `kid`. */
  readonly rotate: () => Promise<string>
  /** How often the key set was fetched. */
  readonly requests: () => number
  readonly close: () => Promise<void>
}

export type IssuerOptions = {
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly lifetimeS?: number
  /** The clock, in milliseconds. */
  readonly now?: () => number
}

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
type Key = {
  readonly alg: 'ES256' | 'RS256'
  readonly kid: string
  readonly privateKey: SigningKey
  readonly jwk: JWK
}

const audience = 'twinning-gateway'
const jwksPath = '/.well-known/jwks.json'
const metadataPath = '/.well-known/oauth-authorization-server'

/** Starts an issuer with a key of its own and resolves once it listens. */
export async function createIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const { host = '127.0.0.1', port = 0, lifetimeS = 3_600, now = Date.now } = options
  const keys: [Key, ...Key[]] = [await createKey('ES256')]
  const clients = {
    portal: client('partner-portal', 'twinning:read:any twinning:write:any twinning:voicemail'),
    analytics: client('analytics', 'twinning:analytics'),
  }
  let fetches = 0
  const listener = await listen({ host, port, answer })
  const issuer = listener.url
  const tokenUrl = `${issuer}/token`
  const jwksUrl = `${issuer}${jwksPath}`

  async function answer(request: HttpRequest): Promise<HttpAnswer> {
    switch (`${request.method} ${request.path}`) {
      case `GET ${jwksPath}`:
        fetches += 1
        return { status: 200, headers: { 'cache-control': 'public, max-age=300' }, body: keySet() }
      case `GET ${metadataPath}`:
        return { status: 200, body: metadata() }
      case 'POST /token':
        return grant(request)
      default:
        return { status: 404, body: { error: 'not_found' } }
    }
  }

  async function grant({ headers, body }: HttpRequest): Promise<HttpAnswer> {
    const form = new URLSearchParams(body)
    if (form.get('grant_type') !== 'client_credentials') return failure(400, 'unsupported_grant_type')
    const { clientId, clientSecret } = readClient(headers.authorization, form)
    const found = Object.values(clients).find((one) => one.clientId === clientId)
    if (!found || !isSameSecret(found.clientSecret, clientSecret)) return failure(401, 'invalid_client')
    const { scope } = found
    const token = await sign({ client_id: clientId, scope })
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { access_token: token, token_type: 'Bearer', expires_in: lifetimeS, scope },
    }
  }

  async function sign(
    claims: JWTPayload = {},
    { expiresInS = lifetimeS, alg = 'ES256' }: SignOptions = {},
  ): Promise<string> {
    const iat = Math.floor(now() / 1000)
    const named = [claims['client_id'], claims['address']].find((claim) => typeof claim === 'string')
    const expiry = expiresInS === null ? {} : { exp: iat + expiresInS }
    const payload: JWTPayload = {
      iss: issuer,
      aud: audience,
      sub: named ?? 'anonymous',
      iat,
      ...expiry,
      ...claims,
    }
    if (alg === 'none') return new UnsecuredJWT(payload).encode()
    // The classic forgery: the public key set, which everyone has, taken for a shared secret.
    if (alg === 'HS256') {
      return new SignJWT(payload)
        .setProtectedHeader({ alg, kid: keys[0].kid })
        .sign(new TextEncoder().encode(JSON.stringify(keySet())))
    }
    const { kid, privateKey } = keys.find((key) => key.alg === alg) ?? (await publish(alg))
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(privateKey)
  }

  async function publish(alg: Key['alg']): Promise<Key> {
    const key = await createKey(alg)
    keys.unshift(key)
    return key
  }

  const keySet = (): { keys: JWK[] } => ({ keys: keys.map(({ jwk }) => jwk) })
  // RFC 8414, 2.
  const metadata = (): Record<string, unknown> => ({
    issuer,
    token_endpoint: tokenUrl,
    jwks_uri: jwksUrl,
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    scopes_supported: scopes,
  })

  return {
    issuer,
    audience,
    jwksUrl,
    tokenUrl,
    clients,
    sign,
    rotate: async () => (await publish('ES256')).kid,
    requests: () => fetches,
    close: listener.close,
  }
}

const scopes = ['read', 'read:any', 'write', 'write:any', 'voicemail', 'analytics', 'explain'].map(
  (name) => `twinning:${name}`,
)

async function createKey(alg: Key['alg']): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const kid = `${alg.toLowerCase()}-${newSecret().slice(0, 8)}`
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' } }
}

function client(clientId: string, scope: string): TokenClient {
  return { clientId, clientSecret: newSecret(), scope }
}

function failure(status: number, error: string): HttpAnswer {
  return { status, headers: { 'cache-control': 'no-store' }, body: { error } }
}
