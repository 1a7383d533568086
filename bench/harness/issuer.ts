import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Who signs the access tokens of a run. */
export type Issuer = {
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
  /** As of so many callers, each of whom may read all twinnings, voice mail too. */
  readonly tokens: readonly string[]
  readonly close: () => void
}

const audience = 'twinning-gateway'
const scope = 'twinning:read:any twinning:voicemail'

/** Publishes one ES256 key, and has signed `count` tokens with it. */
export async function startIssuer(count: number): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }]
  const server = await listen(JSON.stringify({ keys }))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sign = (n: number) =>
    new SignJWT({ scope, client_id: `portal-${n}` })
      .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`portal-${n}`)
      .setIssuedAt()
      .setExpirationTime('4h')
      .sign(privateKey)
  return {
    jwksUrl: `${issuer}/jwks.json`,
    issuer,
    audience,
    tokens: await Promise.all(Array.from({ length: count }, (_, n) => sign(n))),
    close: () => server.close(),
  }
}

function listen(body: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(body)
    }).listen(0, '127.0.0.1', () => resolve(server))
  })
}
