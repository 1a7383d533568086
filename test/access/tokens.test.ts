import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { decodeProtectedHeader, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose'
import { createIssuer, type SignOptions } from '../../src/sandbox/issuer.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { startGateway, upstreamTraffic, watch, type Answer } from '../support/gateway.ts'
import { ask } from './support.ts'

const scope = 'twinning:read'
const own = { address: watch, scope }
const nowS = () => Math.floor(Date.now() / 1000)
const everyMs = 30_000

/** The clock stands still until it is turned, for the gateway and the issuer alike. */
function stopClock({ mock }: TestContext) {
  mock.timers.enable({ apis: ['Date'], now: Math.floor(Date.now() / 1000) * 1000 })
  return (ms: number) => mock.timers.setTime(Date.now() + ms)
}

/** A key set of the test's own making. */
async function serveKeys(t: TestContext, status: number, body: string): Promise<URL> {
  const server = createServer((_, response) =>
    response.writeHead(status, { location: '/elsewhere' }).end(body),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`)
}

type OwnIssuer = {
  /** What it answers instead of its keys. */
  answer: { readonly status: number; readonly body: string } | 'hang' | undefined
  fetches: number
}

/** A gateway whose issuer is the test's own; `sign` gives each time another token. */
async function startWithOwnKey(t: TestContext, environment: Record<string, string> = {}) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }
  const issuer: OwnIssuer = { answer: undefined, fetches: 0 }
  const server = createServer((_, response) => {
    issuer.fetches += 1
    if (issuer.answer === 'hang') return
    const { status, body } = issuer.answer ?? { status: 200, body: JSON.stringify({ keys: [jwk] }) }
    response.writeHead(status, { location: '/elsewhere' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  const { url, sandbox } = await startGateway(t, { environment: { JWKS_URL: jwks, ...environment } })
  let last = 0
  const sign = (claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) =>
    new SignJWT({ ...own, jti: String(++last), exp: nowS() + 30 * 24 * 3600, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .setIssuer(sandbox.issuer.issuer)
      .setAudience(sandbox.issuer.audience)
      .sign(privateKey)
  return { url, sign, issuer, sandbox }
}

function assertRefused(answer: Answer, message: string) {
  assert.equal(answer.status, 401)
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
  assert.deepEqual(answer.errors, [{ message, extensions: { code: 'UNAUTHENTICATED' } }])
  assert.deepEqual(answer.data, {})
}

for (const alg of ['ES256', 'RS256'] as const)
  test(`a token signed with ${alg} is accepted`, async (t) => {
    const { url, sandbox } = await startGateway(t)
    const token = await sandbox.issuer.sign(own, { alg })

    const { status, data } = await ask(url, `Bearer ${token}`)

    assert.equal(status, 200)
    assert.deepEqual(data, { twinningDevice: { address: watch } })
  })

for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  '])
  test(`the scheme may be written "${scheme}"`, async (t) => {
    const { url, sandbox } = await startGateway(t)

    const { status } = await ask(url, `${scheme} ${await sandbox.issuer.sign(own)}`)

    assert.equal(status, 200)
  })

const claimsRefused: [string, JWTPayload, SignOptions, string][] = [
  [
    'of another issuer',
    { iss: 'https://evil.example' },
    {},
    "the access token's claim iss is not accepted: check_failed",
  ],
  [
    'for another audience',
    { aud: 'another-api' },
    {},
    "the access token's claim aud is not accepted: check_failed",
  ],
  ['for no audience', { aud: [] }, {}, "the access token's claim aud is not accepted: check_failed"],
  ['that has expired', {}, { expiresInS: -1 }, 'the access token has expired'],
  ['that expires now', {}, { expiresInS: 0 }, 'the access token has expired'],
  ['without exp', {}, { expiresInS: null }, "the access token's claim exp is not accepted: missing"],
  [
    'whose exp is a text',
    { exp: '2999-01-01' as unknown as number },
    {},
    "the access token's claim exp is not accepted: invalid",
  ],
  [
    'that begins later',
    { nbf: nowS() + 3600 },
    {},
    "the access token's claim nbf is not accepted: check_failed",
  ],
  [
    'whose nbf is a text',
    { nbf: 'now' as unknown as number },
    {},
    "the access token's claim nbf is not accepted: invalid",
  ],
  [
    'of a device that is a number',
    { address: 15_560_101 },
    {},
    'the claim address is no tel:, sip:, sips: or acr: URI',
  ],
  [
    'of a device that is null',
    { address: null },
    {},
    'the claim address is no tel:, sip:, sips: or acr: URI',
  ],
  [
    'of a device that is a web page',
    { address: 'https://evil.example' },
    {},
    'the claim address is no tel:, sip:, sips: or acr: URI',
  ],
  [
    'of a device without a scheme',
    { address: '+15560101' },
    {},
    'the claim address is no tel:, sip:, sips: or acr: URI',
  ],
  ['of an empty device', { address: '' }, {}, 'the claim address is no tel:, sip:, sips: or acr: URI'],
  ['of two devices', { address: [watch] }, {}, 'the claim address is no tel:, sip:, sips: or acr: URI'],
  ['whose scope is a list', { scope: [scope] }, {}, 'the claim scope is no text'],
  ['whose scope is null', { scope: null }, {}, 'the claim scope is no text'],
  ['that is not signed', {}, { alg: 'none' }, 'the access token must be signed with RS256 or ES256'],
  [
    'signed with HS256 and the public keys',
    {},
    { alg: 'HS256' },
    'the access token must be signed with RS256 or ES256',
  ],
]

for (const [what, claims, options, message] of claimsRefused)
  test(`a token ${what} is refused`, async (t) => {
    const { url, sandbox } = await startGateway(t)

    const answer = await ask(url, `Bearer ${await sandbox.issuer.sign({ ...own, ...claims }, options)}`)

    assertRefused(answer, message)
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

for (const [what, header, message] of [
  ['no header', undefined, 'an access token is needed: Authorization: Bearer …'],
  ['an empty one', '', 'the Authorization header holds no Bearer token'],
  ['no token', 'Bearer', 'the Authorization header holds no Bearer token'],
  ['another scheme', 'Basic dXNlcjpwYXNz', 'the Authorization header holds no Bearer token'],
  ['two tokens', 'Bearer a.b.c d.e.f', 'the Authorization header holds no Bearer token'],
  ['garbage', 'Bearer garbage', 'the access token is no JWT'],
  ['three parts of garbage', 'Bearer a.b.c', 'the access token is no JWT'],
  ['a header that is no JSON', 'Bearer bm90anNvbg.e30.c2ln', 'the access token is no JWT'],
] as const)
  test(`${what} is answered with 401`, async (t) => {
    const { url, sandbox } = await startGateway(t)

    const answer = await ask(url, header)

    assertRefused(answer, message)
    assert.equal(sandbox.issuer.requests(), 0)
  })

test('a token of another key under a known name is refused', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const { kid } = decodeProtectedHeader(await sandbox.issuer.sign(own))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const forged = await new SignJWT(own)
    .setProtectedHeader({ alg: 'ES256', kid: kid! })
    .setIssuer(sandbox.issuer.issuer)
    .setAudience(sandbox.issuer.audience)
    .setExpirationTime('1h')
    .sign(privateKey)

  assertRefused(await ask(url, `Bearer ${forged}`), "the access token's signature is wrong")
})

test('a token whose claims were changed after signing is refused', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const [header, , signature] = (await sandbox.issuer.sign(own)).split('.')
  const [, payload] = (await sandbox.issuer.sign({ ...own, scope: 'twinning:read:any' })).split('.')

  const answer = await ask(url, `Bearer ${header}.${payload}.${signature}`)

  assertRefused(answer, "the access token's signature is wrong")
})

test('a token of another issuer that claims to be ours is refused', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const other = await createIssuer()
  t.after(other.close)
  const { issuer: iss, audience: aud } = sandbox.issuer

  const answer = await ask(url, `Bearer ${await other.sign({ ...own, iss, aud })}`)

  assertRefused(answer, 'the access token is signed with an unknown key')
})

test('a refusal says nothing of the token', async (t) => {
  const { url, sandbox } = await startGateway(t)

  const answer = await ask(
    url,
    `Bearer ${await sandbox.issuer.sign({ ...own, iss: 'https://secret.example', sub: 'somebody-secret' })}`,
  )

  assert.equal(answer.status, 401)
  assert.doesNotMatch(JSON.stringify(answer), /secret|5560101/)
})

test('several scopes and spaces are one set', async (t) => {
  const { query, token } = await startGateway(t)

  const { data, errors } = await query(
    await token('  openid  twinning:read   twinning:voicemail ', watch),
    '{ twinningDevice { twinnings { totalCount } } }',
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data, { twinningDevice: { twinnings: { totalCount: 0 } } })
})

test('a token that was good is refused from its last second on, however often it came before', async (t) => {
  const turn = stopClock(t)
  const { url, sandbox } = await startGateway(t)
  const token = await sandbox.issuer.sign(own, { expiresInS: 30 })

  const before = await Promise.all([1, 2, 3].map(() => ask(url, `Bearer ${token}`)))
  turn(29_000)
  const last = await ask(url, `Bearer ${token}`)
  turn(1000)
  const after = await ask(url, `Bearer ${token}`)

  assert.deepEqual(
    [...before, last].map(({ status }) => status),
    [200, 200, 200, 200],
  )
  assertRefused(after, 'the access token has expired')
})

test('a token with the signature of one that was good, and other claims, is refused', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const token = await sandbox.issuer.sign(own)
  assert.equal((await ask(url, `Bearer ${token}`)).status, 200)
  const [header, , signature] = token.split('.')
  const claims = Buffer.from(JSON.stringify({ ...own, address: 'tel:+15560199', exp: nowS() + 60 }))

  const forged = await ask(url, `Bearer ${header}.${claims.toString('base64url')}.${signature}`)

  assertRefused(forged, "the access token's signature is wrong")
})

test('a withdrawn key is believed for a minute at most once the key set lacks it', async (t) => {
  const turn = stopClock(t)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let keys: object[] = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }]
  const server = createServer((_, response) => response.end(JSON.stringify({ keys })))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  const { url, sandbox } = await startGateway(t, { environment: { JWKS_URL: jwks } })
  const token = await new SignJWT(own)
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(sandbox.issuer.issuer)
    .setAudience(sandbox.issuer.audience)
    .setExpirationTime(nowS() + 3600)
    .sign(privateKey)
  assert.equal((await ask(url, `Bearer ${token}`)).status, 200)

  keys = []
  // The key set itself is kept for ten minutes.
  turn(601_000)
  const after = await ask(url, `Bearer ${token}`)

  assertRefused(after, 'the access token is signed with an unknown key')
})

test('many tokens cost one fetch of the key set', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const tokens = await Promise.all(
    Array.from({ length: 10 }, (_, i) => sandbox.issuer.sign({ ...own, sub: `${i}` })),
  )

  const statuses = await Promise.all(tokens.map(async (token) => (await ask(url, `Bearer ${token}`)).status))

  assert.deepEqual(
    statuses,
    tokens.map(() => 200),
  )
  assert.equal(sandbox.issuer.requests(), 1)
})

test('a new key is picked up without a restart, and the old one stays good', async (t) => {
  const wait = stopClock(t)
  const { url, sandbox } = await startGateway(t)
  const { issuer } = sandbox
  const old = await issuer.sign(own)
  assert.equal((await ask(url, `Bearer ${old}`)).status, 200)
  await issuer.rotate()
  const renewed = await issuer.sign(own)
  wait(everyMs)

  const answer = await ask(url, `Bearer ${renewed}`)

  assert.equal(answer.status, 200)
  assert.equal(issuer.requests(), 2)
  assert.equal((await ask(url, `Bearer ${old}`)).status, 200)
  assert.equal(issuer.requests(), 2)
})

test('a key that is used at once after it was made is fetched at once', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const { issuer } = sandbox
  assert.equal((await ask(url, `Bearer ${await issuer.sign(own)}`)).status, 200)

  await issuer.rotate()
  const answer = await ask(url, `Bearer ${await issuer.sign(own)}`)

  assert.equal(answer.status, 200)
  assert.equal(issuer.requests(), 2)
})

test('tokens with unknown keys make the key set be fetched three times, then twice a minute, however many come', async (t) => {
  const wait = stopClock(t)
  const { url, sandbox } = await startGateway(t)
  const { issuer } = sandbox
  const stranger = await createIssuer()
  t.after(stranger.close)
  const good = await issuer.sign(own)
  assert.equal((await ask(url, `Bearer ${good}`)).status, 200)
  const fetches: number[] = []

  for (const ms of [0, everyMs - 1, 1, 0, everyMs - 1, 1]) {
    wait(ms)
    for (let n = 0; n < 10; n++)
      assert.equal((await ask(url, `Bearer ${await stranger.sign(own)}`)).status, 401)
    fetches.push(issuer.requests())
  }

  assert.deepEqual(fetches, [4, 4, 5, 5, 5, 6])
  assert.equal((await ask(url, `Bearer ${good}`)).status, 200)
})

test('a token that does not name its key is accepted if one of the two keys that there are has signed it', async (t) => {
  const pairs = ['first', 'second', 'unknown'].map((kid) => ({
    kid,
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  }))
  const keys = pairs
    .slice(0, 2)
    .map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid }))
  const jwksUrl = await serveKeys(t, 200, JSON.stringify({ keys }))
  const { url, sandbox } = await startGateway(t, { config: (config) => ({ ...config, jwksUrl }) })
  const { issuer: iss, audience: aud } = sandbox.issuer
  const sign = (nth: number, claims: JWTPayload = {}) =>
    new SignJWT({ ...own, iss, aud, exp: nowS() + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(pairs[nth]!.privateKey)

  for (const nth of [0, 1]) assert.equal((await ask(url, `Bearer ${await sign(nth)}`)).status, 200)
  assertRefused(await ask(url, `Bearer ${await sign(2)}`), "the access token's signature is wrong")
  assertRefused(await ask(url, `Bearer ${await sign(1, { exp: 1 })}`), 'the access token has expired')
})

for (const [what, status, body] of [
  ['an error', 500, 'no'],
  ['a redirection', 302, ''],
  ['no JSON', 200, '<html>'],
  ['another JSON', 200, '{"keys":"none"}'],
] as const)
  test(`an issuer that answers with ${what} instead of keys is no caller's fault`, async (t) => {
    const jwksUrl = await serveKeys(t, status, body)
    const { url, sandbox } = await startGateway(t, { config: (config) => ({ ...config, jwksUrl }) })

    const answer = await ask(url, `Bearer ${await sandbox.issuer.sign(own)}`)

    assert.equal(answer.status, 503)
    assert.deepEqual(answer.errors, [
      {
        message: 'the keys that sign access tokens could not be had',
        extensions: { code: 'UPSTREAM_UNAVAILABLE' },
      },
    ])
  })

test('with the issuer down nobody is told that the token is wrong, nor let in', async (t) => {
  const { url, sandbox, query } = await startGateway(t)
  const token = await sandbox.issuer.sign(own)
  await sandbox.issuer.close()

  const answer = await query(token, '{ twinningDevice { address } }')

  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('www-authenticate'), null)
  assert.deepEqual(answer.errors, [
    {
      message: 'the keys that sign access tokens could not be had',
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    },
  ])
  assert.deepEqual(answer.data, {})
  assert.equal((await ask(url, undefined)).status, 401)
  assert.equal((await ask(url, 'Bearer garbage')).status, 401)
})

test('tokens of known keys are verified while the issuer is down', async (t) => {
  const { url, sandbox } = await startGateway(t)
  const token = await sandbox.issuer.sign(own)
  await ask(url, `Bearer ${token}`)
  await sandbox.issuer.close()

  assert.equal((await ask(url, `Bearer ${token}`)).status, 200)
})

for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])
  test(`a token of the type ${typ} is accepted`, async (t) => {
    const { url, sign } = await startWithOwnKey(t)

    assert.equal(
      (await ask(url, `Bearer ${await sign({}, { ...(typ !== undefined && { typ }) })}`)).status,
      200,
    )
  })

for (const typ of ['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'JOSE', '', 'at+jwt ', 'application/x'])
  test(`a token of the type "${typ}" is refused`, async (t) => {
    const { url, sign } = await startWithOwnKey(t)

    assertRefused(
      await ask(url, `Bearer ${await sign({}, { typ })}`),
      'the token is of another type than access tokens',
    )
  })

test('a token that demands an extension which is not known here is refused', async (t) => {
  const { url, sign } = await startWithOwnKey(t)
  const token = await sign({}, { crit: ['b64'], b64: true })
  const [, claims, signature] = token.split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', crit: ['exp'], exp: 1 })).toString('base64url')

  assert.equal((await ask(url, `Bearer ${header}.${claims}.${signature}`)).status, 401)
})

test('clocks may differ by JWT_CLOCK_SKEW_S and no more, for tokens that came before as well', async (t) => {
  const turn = stopClock(t)
  const { url, sandbox } = await startGateway(t, { environment: { JWT_CLOCK_SKEW_S: '5' } })
  const { issuer } = sandbox
  const token = await issuer.sign(own, { expiresInS: 10 })
  const early = await issuer.sign({ ...own, nbf: nowS() + 5 })
  const tooEarly = await issuer.sign({ ...own, nbf: nowS() + 6 })
  assert.equal((await ask(url, `Bearer ${early}`)).status, 200)
  assert.equal((await ask(url, `Bearer ${tooEarly}`)).status, 401)
  assert.equal((await ask(url, `Bearer ${token}`)).status, 200)

  turn(14_999)
  assert.equal((await ask(url, `Bearer ${token}`)).status, 200)
  turn(1)

  assertRefused(await ask(url, `Bearer ${token}`), 'the access token has expired')
})

test('while the issuer is down its last keys serve for a day, and it is asked seldom', async (t) => {
  const turn = stopClock(t)
  const { url, sign, issuer } = await startWithOwnKey(t)
  const sent = async () => (await ask(url, `Bearer ${await sign()}`)).status
  assert.equal(await sent(), 200)
  issuer.answer = { status: 500, body: 'down' }
  const outcomes: string[] = []
  t.after(listen('auth.keys', ({ outcome }) => outcomes.push(outcome)))

  // The keys are ten minutes old.
  turn(600_000)
  for (let n = 0; n < 20; n++) assert.equal(await sent(), 200)
  assert.equal(issuer.fetches, 2)
  turn(15_000)
  for (let n = 0; n < 20; n++) assert.equal(await sent(), 200)
  assert.equal(issuer.fetches, 3)

  turn(24 * 3_600_000 - 15_001)
  assert.equal(await sent(), 200)
  turn(1)
  assert.equal(await sent(), 503)
  turn(999)
  for (let n = 0; n < 20; n++) assert.equal(await sent(), 503)
  assert.ok(Number(issuer.fetches) <= 5)
  assert.deepEqual([...new Set(outcomes)], ['stale', 'missing'])

  issuer.answer = undefined
  turn(1001)
  assert.equal(await sent(), 200)
})

test('an issuer that does not answer holds nobody up for longer than a moment', async (t) => {
  const turn = stopClock(t)
  const { url, sign, issuer } = await startWithOwnKey(t)
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 200)
  issuer.answer = 'hang'
  turn(600_000)

  const from = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => (await ask(url, `Bearer ${await sign()}`)).status),
  )
  const first = performance.now() - from
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 200)
  const second = performance.now() - from - first

  assert.deepEqual([...new Set(answers)], [200])
  assert.ok(first < 3000, `${first} ms`)
  assert.ok(second < 500, `${second} ms`)
  assert.equal(issuer.fetches, 2)
})

test('JWKS_STALE_S=0: keys that are ten minutes old serve no more', async (t) => {
  const turn = stopClock(t)
  const { url, sign, issuer } = await startWithOwnKey(t, { JWKS_STALE_S: '0' })
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 200)
  issuer.answer = { status: 302, body: '' }

  turn(599_999)
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 200)
  turn(1)
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 503)
})

test('a key that the issuer may have made while it is down is no caller’s fault', async (t) => {
  stopClock(t)
  const { url, sign, issuer } = await startWithOwnKey(t)
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 200)
  issuer.answer = { status: 500, body: 'down' }

  for (let n = 0; n < 10; n++)
    assert.equal((await ask(url, `Bearer ${await sign({}, { kid: 'unknown' })}`)).status, 503)
  assert.ok(issuer.fetches <= 4)
  assert.equal((await ask(url, `Bearer ${await sign()}`)).status, 200)
})
