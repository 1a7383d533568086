// Operators and Redis behind TLS that is real, by authorities that are ours, right and wrong.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { createSandbox } from '../../src/sandbox/world.ts'
import { createAuthority, writeBroken, type Authority, type Certificate } from '../support/certificates.ts'
import { startGateway, watch, type Gateway } from '../support/gateway.ts'
import { listQuery, startInFrontOf } from '../support/operator.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { readConfig } from '../../src/config/config.ts'

const here = '127.0.0.1'

/** An operator, and its token endpoint, over HTTPS; `clients`: who signs those that it lets in. */
async function startTlsOperator(t: TestContext, { cert, key }: Certificate, clients?: Authority) {
  const seen: (string | undefined)[] = []
  const server: Server = createServer(
    {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ...(clients && { ca: readFileSync(clients.cert), requestCert: true, rejectUnauthorized: true }),
    },
    (request, response) => {
      const subject =
        request.socket instanceof TLSSocket ? request.socket.getPeerCertificate().subject : undefined
      seen.push(`${request.url?.split('/').pop() ?? ''} ${String(subject?.CN ?? 'nobody')}`)
      const body = request.url === '/token' ? { access_token: 'a' } : { twinningList: {} }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    },
  )
  await new Promise<void>((resolve) => server.listen(0, here, resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://${here}:${(server.address() as AddressInfo).port}`, seen }
}

async function codesOf({ query, token }: Gateway): Promise<unknown[]> {
  const { errors } = await query(await token('twinning:read', watch), listQuery)
  return errors.map(({ extensions }) => extensions.code)
}

test('an operator is trusted by the authority that is named, and by no other, for no other name', async (t) => {
  const [ours, another] = [createAuthority(t), createAuthority(t)]
  const right = await startTlsOperator(t, ours.sign(here))
  const wrongName = await startTlsOperator(t, ours.sign('operator.example'))

  assert.deepEqual(await codesOf(await startInFrontOf(t, right.url, { OMA_CA_FILE: ours.cert })), [])
  for (const [url, environment] of [
    [right.url, { OMA_CA_FILE: another.cert }],
    [right.url, {}],
    [wrongName.url, { OMA_CA_FILE: ours.cert }],
  ] as const)
    assert.deepEqual(await codesOf(await startInFrontOf(t, url, environment)), ['UPSTREAM_UNAVAILABLE'])
  assert.deepEqual([right.seen, wrongName.seen], [['twinnings nobody'], []])
})

test('NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing of that', async (t) => {
  const operator = await startTlsOperator(t, createAuthority(t).sign(here))
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)

  assert.deepEqual(await codesOf(await startInFrontOf(t, operator.url)), ['UPSTREAM_UNAVAILABLE'])
})

test('an operator that wants to know who asks is shown the certificate, at its token endpoint as well', async (t) => {
  const [ours, theirs] = [createAuthority(t), createAuthority(t)]
  const { cert, key } = theirs.sign('gateway.example')
  const stranger = ours.sign('gateway.example')
  const operator = await startTlsOperator(t, ours.sign(here), theirs)
  const environment = {
    OMA_CA_FILE: ours.cert,
    OMA_AUTH: 'client_credentials',
    OMA_TOKEN_URL: `${operator.url}/token`,
    OMA_CLIENT_ID: 'id',
    OMA_CLIENT_SECRET: 'secret',
  }
  const start = (more: Record<string, string>) => startInFrontOf(t, operator.url, { ...environment, ...more })

  const known = await start({ OMA_CLIENT_CERT_FILE: cert, OMA_CLIENT_KEY_FILE: key })
  const nobody = await start({})
  const other = await start({ OMA_CLIENT_CERT_FILE: stranger.cert, OMA_CLIENT_KEY_FILE: stranger.key })

  assert.deepEqual(await codesOf(known), [])
  assert.deepEqual(operator.seen, ['token gateway.example', 'twinnings gateway.example'])
  assert.deepEqual(
    [await codesOf(nobody), await codesOf(other)],
    [['UPSTREAM_UNAVAILABLE'], ['UPSTREAM_UNAVAILABLE']],
  )
  assert.equal(operator.seen.length, 2)
})

test('in the operators file each operator has its own', async (t) => {
  const [one, two] = [createAuthority(t), createAuthority(t)]
  const gateway = one.sign('gateway.example')
  const [first, second] = [
    await startTlsOperator(t, one.sign(here), one),
    await startTlsOperator(t, two.sign(here)),
  ]
  const file = join(dirname(one.cert), 'operators.json')
  writeFileSync(
    file,
    JSON.stringify([
      { id: 'a', serverRoot: first.url, match: ['tel:+1555'], tls: { ca: one.cert, ...gateway } },
      { id: 'b', serverRoot: second.url, match: ['tel:+1556'], tls: { ca: two.cert } },
    ]),
  )
  const sandbox = await createSandbox({ seed: false })
  t.after(sandbox.close)
  const { query, token } = await startGateway(t, {
    sandbox,
    environment: { OMA_OPERATORS_FILE: file, JWKS_URL: sandbox.issuer.jwksUrl },
  })

  const { errors } = await query(
    await token('twinning:read:any'),
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { totalCount } } }',
    { a: ['tel:+15550100', watch] },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual([first.seen, second.seen], [['twinnings gateway.example'], ['twinnings nobody']])
})

test('Redis is trusted by the authority that is named, and by no other', async (t) => {
  const [ours, another] = [createAuthority(t), createAuthority(t)]
  const { tlsPort } = await startRedis(t, { tls: { ...ours.sign(here), ca: ours.cert } })
  const REDIS_URL = `rediss://${here}:${tlsPort}`
  const statusOf = async ({ url }: Gateway) =>
    ((await (await fetch(`${url}/health/ready`)).json()) as { redis: string }).redis

  const trusting = await startGateway(t, { environment: { REDIS_URL, REDIS_CA_FILE: ours.cert } })
  const others = [
    await trusting.another({ REDIS_CA_FILE: another.cert }),
    await trusting.another({ REDIS_CA_FILE: '' }),
  ]

  await until('Redis is up', async () => (await statusOf(trusting)) === 'up')
  for (const other of others) {
    assert.equal(await statusOf(other), 'down')
    // And goes on without it.
    assert.deepEqual(await codesOf(other), [])
  }
})

test('files that are not what they should be end the start with a line that says which, and quotes nothing', (t) => {
  const { cert, key, sign } = createAuthority(t)
  const other = sign(here)
  const broken = writeBroken(t)
  const upstream = { OMA_SERVER_ROOT: 'https://op.example', AUTH: 'off' }
  const problemsOf = (environment: Record<string, string>) => {
    const read = readConfig(environment)
    return 'problems' in read ? read.problems.map(({ variable, fault }) => `${variable}: ${fault}`) : []
  }
  const certificates = 'expected the path of a file of certificates in PEM'

  for (const [environment, ...problems] of [
    [{ OMA_CA_FILE: cert, OMA_CLIENT_CERT_FILE: cert, OMA_CLIENT_KEY_FILE: key }],
    [{ OMA_CA_FILE: '/nowhere.pem' }, `OMA_CA_FILE: ${certificates}`],
    [{ OMA_CA_FILE: broken }, `OMA_CA_FILE: ${certificates}`],
    [{ OMA_CA_FILE: key }, `OMA_CA_FILE: ${certificates}`],
    [{ OMA_CLIENT_CERT_FILE: cert, OMA_CLIENT_KEY_FILE: cert }, 'OMA_CLIENT_KEY_FILE: expected the path of a file of a private key in PEM, without a passphrase'], // prettier-ignore
    [{ OMA_CLIENT_CERT_FILE: cert, OMA_CLIENT_KEY_FILE: other.key }, 'OMA_CLIENT_KEY_FILE: expected the private key of the certificate'], // prettier-ignore
    [
      { OMA_CLIENT_CERT_FILE: cert },
      'OMA_CLIENT_KEY_FILE: expected to be set: a certificate goes with its key',
    ],
    [
      { REDIS_CA_FILE: cert, REDIS_URL: 'redis://a' },
      'REDIS_URL: expected rediss:// URLs, for REDIS_CA_FILE',
    ],
    [{ REDIS_CA_FILE: broken, REDIS_URL: 'rediss://a' }, `REDIS_CA_FILE: ${certificates}`],
  ] as [Record<string, string>, ...string[]][])
    assert.deepEqual(problemsOf({ ...upstream, ...environment }), problems)
  assert.deepEqual(problemsOf({ OMA_CA_FILE: cert }), [
    'OMA_SERVER_ROOT: expected to be set, for OMA_CA_FILE',
  ])
})
