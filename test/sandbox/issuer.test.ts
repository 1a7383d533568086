import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JWTVerifyResult } from 'jose'
import { createIssuer } from '../../src/sandbox/issuer.ts'
import type { Issuer, IssuerOptions } from '../../src/sandbox/issuer.ts'
import { send } from './support.ts'

async function start(t: TestContext, options: IssuerOptions = {}): Promise<Issuer> {
  const issuer = await createIssuer(options)
  t.after(issuer.close)
  return issuer
}

/** As a gateway would, with nothing but the key set. */
function verify({ jwksUrl, issuer, audience }: Issuer, token: string): Promise<JWTVerifyResult> {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  return jwtVerify(token, keys, { issuer, audience, algorithms: ['ES256', 'RS256'] })
}

function askToken(issuer: Issuer, form: Record<string, string>): ReturnType<typeof send> {
  return send('POST', issuer.tokenUrl, String(new URLSearchParams(form)), {
    'content-type': 'application/x-www-form-urlencoded',
  })
}

test('a token is signed with ES256, for the gateway, and verifies against the key set', async (t) => {
  const nowS = Math.floor(Date.now() / 1000)
  const issuer = await start(t, { now: () => nowS * 1000, lifetimeS: 60 })

  const token = await issuer.sign({ address: 'tel:+15560101', scope: 'twinning:read' })

  const { payload, protectedHeader } = await verify(issuer, token)
  assert.equal(protectedHeader.alg, 'ES256')
  assert.deepEqual(payload, {
    iss: issuer.issuer,
    aud: 'twinning-gateway',
    sub: 'tel:+15560101',
    iat: nowS,
    exp: nowS + 60,
    address: 'tel:+15560101',
    scope: 'twinning:read',
  })
})

test('the key set holds public keys only', async (t) => {
  const { jwksUrl } = await start(t)

  const { keys } = JSON.parse((await send('GET', jwksUrl)).text) as { keys: Record<string, string>[] }

  assert.deepEqual(
    keys.map((key) => Object.keys(key).toSorted()),
    [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
  )
})

test('claims given win, and exp may be earlier or absent', async (t) => {
  const issuer = await start(t)

  const expired = decodeJwt(await issuer.sign({}, { expiresInS: -60 }))
  const endless = decodeJwt(await issuer.sign({}, { expiresInS: null }))
  const foreign = decodeJwt(
    await issuer.sign({ iss: 'https://elsewhere.example', aud: 'another', sub: 'me' }),
  )

  assert.equal((expired.exp ?? 0) < Date.now() / 1000, true)
  assert.equal('exp' in endless, false)
  assert.deepEqual([foreign.iss, foreign.aud, foreign.sub], ['https://elsewhere.example', 'another', 'me'])
})

test('RS256 is signed with a key that is published, too', async (t) => {
  const issuer = await start(t)

  const { protectedHeader } = await verify(issuer, await issuer.sign({}, { alg: 'RS256' }))

  assert.equal(protectedHeader.alg, 'RS256')
})

for (const alg of ['none', 'HS256'] as const) {
  test(`alg ${alg} makes a token that must not be believed`, async (t) => {
    const issuer = await start(t)

    const token = await issuer.sign({}, { alg })

    assert.equal(decodeProtectedHeader(token).alg, alg)
    await assert.rejects(verify(issuer, token))
  })
}

test('after a rotation the new key signs and the old tokens still verify', async (t) => {
  const issuer = await start(t)
  const before = await issuer.sign()

  const kid = await issuer.rotate()
  const after = await issuer.sign()

  assert.equal(decodeProtectedHeader(after).kid, kid)
  assert.notEqual(decodeProtectedHeader(before).kid, kid)
  await verify(issuer, before)
  await verify(issuer, after)
})

test('fetches of the key set are counted', async (t) => {
  const issuer = await start(t)

  await send('GET', issuer.jwksUrl)
  await send('GET', issuer.jwksUrl)

  assert.equal(issuer.requests(), 2)
})

test('the metadata names the endpoints', async (t) => {
  const { issuer, jwksUrl, tokenUrl } = await start(t)

  const { text } = await send('GET', `${issuer}/.well-known/oauth-authorization-server`)

  const metadata = JSON.parse(text) as Record<string, unknown>
  assert.deepEqual(
    [metadata['issuer'], metadata['jwks_uri'], metadata['token_endpoint'], metadata['grant_types_supported']],
    [issuer, jwksUrl, tokenUrl, ['client_credentials']],
  )
})

for (const name of ['portal', 'analytics'] as const) {
  test(`the client ${name} gets a token with its scopes`, async (t) => {
    const issuer = await start(t)
    const { clientId, clientSecret, scope } = issuer.clients[name]

    const { status, headers, text } = await askToken(issuer, {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    })

    const { access_token, ...rest } = JSON.parse(text) as { access_token: string }
    const { payload } = await verify(issuer, access_token)
    assert.equal(status, 200)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope })
    assert.deepEqual([payload['client_id'], payload['scope'], payload.sub], [clientId, scope, clientId])
  })
}

test('a wrong secret, an unknown client and another grant get no token', async (t) => {
  const issuer = await start(t)
  const grant_type = 'client_credentials'

  const wrong = await askToken(issuer, { grant_type, client_id: 'partner-portal', client_secret: 'wrong' })
  const unknown = await askToken(issuer, { grant_type, client_id: 'nobody', client_secret: 'wrong' })
  const password = await askToken(issuer, { grant_type: 'password' })

  assert.deepEqual([wrong.status, wrong.body], [401, { error: 'invalid_client' }])
  assert.deepEqual([unknown.status, unknown.body], [401, { error: 'invalid_client' }])
  assert.deepEqual([password.status, password.body], [400, { error: 'unsupported_grant_type' }])
})
