import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { decodeJwt } from 'jose'
import { createSandbox } from '../../src/sandbox/world.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/world.ts'
import { call, listOf, phone, send, watch } from './support.ts'

async function start(t: TestContext, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await createSandbox(options)
  t.after(sandbox.close)
  return sandbox
}

test('the world begins with a car that is On, a tablet that is Off and a scooter that is Pending', async (t) => {
  const { operators } = await start(t)
  const { alpha, beta } = operators

  const shown = [
    ...alpha.twinnings('sip:tablet-3@alpha.example'),
    ...beta.twinnings('sip:car-7@beta.example'),
  ]
  const all = [...shown, ...beta.twinnings('sip:scooter-2@beta.example'), ...alpha.twinnings(phone)]

  assert.deepEqual(
    all.map(({ role, name, twinningStatus, otherDevice }) => [role, name, twinningStatus, otherDevice?.name]),
    [
      ['Secondary', 'myTablet', 'Off', 'myPhone'],
      ['Secondary', 'myCar', 'On', 'myPhone'],
      ['Secondary', 'myScooter', 'Pending', undefined],
      ['Primary', 'myPhone', 'On', 'myCar'],
      ['Primary', 'myPhone', 'Off', 'myTablet'],
    ],
  )
  assert.deepEqual(beta.twinnings(watch), [])
})

test('the car has what activation gives it', async (t) => {
  const { operators } = await start(t)

  const [car] = operators.beta.twinnings('sip:car-7@beta.example')

  assert.match(car?.authCode ?? '', /^[\w-]{32}$/)
  assert.equal(car?.primaryDeviceVMAddress, 'tel:+15550999')
  assert.deepEqual(car.otherDevice, { address: phone, name: 'myPhone' })
})

test('the traffic of the beginning is not recorded', async (t) => {
  const { operators } = await start(t)

  assert.deepEqual([operators.alpha.requests(), operators.beta.requests()], [[], []])
})

test('seed false begins with nothing', async (t) => {
  const { operators } = await start(t, { seed: false })

  assert.deepEqual(operators.alpha.twinnings(phone), [])
})

test('vmAddressOn holds for both operators and for what is seeded', async (t) => {
  const { operators } = await start(t, { vmAddressOn: 'Primary' })
  const { alpha, beta } = operators

  assert.deepEqual([alpha.settings.vmAddressOn, beta.settings.vmAddressOn], ['Primary', 'Primary'])
  assert.equal(alpha.twinnings(phone)[0]?.primaryDeviceVMAddress, 'tel:+15550999')
})

test('each operator takes the credentials of its entry in the operator table', async (t) => {
  const { operatorTable, operators } = await start(t)

  for (const { id, serverRoot, match, auth } of operatorTable) {
    const form = {
      grant_type: 'client_credentials',
      client_id: auth.clientId,
      client_secret: auth.clientSecret,
    }
    const granted = await send('POST', auth.tokenUrl, String(new URLSearchParams(form)), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    const { access_token } = JSON.parse(granted.text) as { access_token: string }
    const user = `${match[0] ?? ''}0100`
    const { status } = await call(
      'GET',
      `${serverRoot}/twinning/v1/${encodeURIComponent(user)}/twinnings`,
      undefined,
      {
        authorization: `Bearer ${access_token}`,
      },
    )

    assert.equal(status, 200, id)
  }
  assert.deepEqual(
    operatorTable.map(({ id, match }) => [id, match]),
    [
      ['alpha', ['tel:+1555', 'sip:*@alpha.example']],
      ['beta', ['tel:+1556', 'sip:*@beta.example']],
    ],
  )
  assert.deepEqual(operatorTable[0]?.serverRoot, operators.alpha.serverRoot)
})

test('both operators take the access token for curl, and want one', async (t) => {
  const { operators, accessToken } = await start(t)
  const url = listOf(operators.alpha, phone)

  assert.equal((await call('GET', url, undefined, { authorization: `Bearer ${accessToken}` })).status, 200)
  assert.equal((await call('GET', url)).status, 401)
})

test("the characters' tokens say who they are, for twelve hours", async (t) => {
  const { characters, issuer } = await start(t, { seed: false })

  const claims = await Promise.all(
    Object.values(characters).map(async ({ token }) => decodeJwt(await token())),
  )

  assert.deepEqual(
    claims.map(({ iss, address, client_id, scope, iat = 0, exp = 0 }) => [
      iss,
      address ?? client_id,
      scope,
      exp - iat,
    ]),
    [
      [issuer.issuer, watch, 'twinning:read twinning:write twinning:voicemail twinning:explain', 43_200],
      [issuer.issuer, phone, 'twinning:read twinning:write twinning:explain', 43_200],
      [
        issuer.issuer,
        'partner-portal',
        'twinning:read:any twinning:write:any twinning:voicemail twinning:explain',
        43_200,
      ],
      [issuer.issuer, 'analytics', 'twinning:analytics twinning:explain', 43_200],
    ],
  )
})

test('if a part cannot start, none of the world stays', async (t) => {
  const { operators } = await start(t, { seed: false })
  const taken = Number(new URL(operators.alpha.url).port)

  await assert.rejects(createSandbox({ ports: { issuer: taken } }), { code: 'EADDRINUSE' })
})

test('close is idempotent', async (t) => {
  const sandbox = await start(t, { seed: false })

  await sandbox.close()
  await sandbox.close()

  await assert.rejects(fetch(sandbox.issuer.jwksUrl), TypeError)
})
