import assert from 'node:assert/strict'
import { test } from 'node:test'
import { activate, call, invalid, listOf, otherPhone, phone, policyError, read, request } from './support.ts'
import { startPair, tablet, twin } from './support.ts'

const codeForm = /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/

test('POST with role Secondary answers 201, Location and a Pending twinning with an activationCode', async (t) => {
  const { alpha } = await startPair(t)

  const { status, headers, body } = await call('POST', listOf(alpha, tablet), {
    role: 'Secondary',
    name: 'myTablet',
  })

  const { activationCode = '', resourceURL } = body.twinning
  assert.equal(status, 201)
  assert.equal(headers.get('location'), resourceURL)
  assert.match(activationCode, codeForm)
  assert.match(
    resourceURL,
    /\/exampleAPI\/twinning\/v1\/sip%3Atablet-3%40alpha.example\/twinnings\/tw-[\da-f]{18}$/,
  )
  assert.deepEqual(body, {
    twinning: {
      role: 'Secondary',
      name: 'myTablet',
      ownAddress: tablet,
      resourceURL,
      twinningStatus: 'Pending',
      activationCode,
    },
  })
})

test('what only the server sets is ignored in POST', async (t) => {
  const { alpha } = await startPair(t)

  const { body } = await call('POST', listOf(alpha, tablet), {
    role: 'Secondary',
    activationCode: 'MINE',
    twinningStatus: 'On',
    ownAddress: phone,
    resourceURL: 'https://elsewhere.example/',
    authCode: 'mine',
  })

  assert.notEqual(body.twinning.activationCode, 'MINE')
  assert.equal(body.twinning.twinningStatus, 'Pending')
  assert.equal(body.twinning.ownAddress, tablet)
  assert.equal(body.twinning.resourceURL.startsWith(listOf(alpha, tablet)), true)
  assert.equal('authCode' in body.twinning, false)
})

test('the twinning is readable where Location says, with its activationCode while it is Pending', async (t) => {
  const { alpha } = await startPair(t)
  const requested = await request(alpha, tablet)

  assert.deepEqual(await read(requested.resourceURL), requested)
})

test('POST with role Primary and the activationCode answers 201 and a twinning that is On, with otherDevice', async (t) => {
  const { alpha } = await startPair(t)
  const { activationCode } = await request(alpha, tablet, 'myTablet')

  const { status, headers, body } = await activate(alpha, phone, activationCode)

  const { resourceURL } = body.twinning
  assert.equal(status, 201)
  assert.equal(headers.get('location'), resourceURL)
  assert.deepEqual(body, {
    twinning: {
      role: 'Primary',
      name: 'myPhone',
      ownAddress: phone,
      resourceURL,
      twinningStatus: 'On',
      otherDevice: { address: tablet, name: 'myTablet' },
    },
  })
})

test("activation puts On, otherDevice, authCode and primaryDeviceVMAddress on the Secondary's resource", async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL, activationCode } = await request(alpha, tablet, 'myTablet')

  await activate(alpha, phone, activationCode)

  const secondary = await read(resourceURL)
  assert.match(secondary.authCode ?? '', /^[\w-]{32}$/)
  assert.deepEqual(secondary, {
    role: 'Secondary',
    name: 'myTablet',
    ownAddress: tablet,
    resourceURL,
    twinningStatus: 'On',
    otherDevice: { address: phone, name: 'myPhone' },
    authCode: secondary.authCode,
    primaryDeviceVMAddress: 'tel:+15550999',
  })
})

test("vmAddressOn Primary puts primaryDeviceVMAddress on the Primary's resource only", async (t) => {
  const { alpha } = await startPair(t, { settings: { vmAddressOn: 'Primary' } })

  const { primary, secondary } = await twin(alpha, alpha, tablet)

  assert.equal(primary.primaryDeviceVMAddress, 'tel:+15550999')
  assert.equal('primaryDeviceVMAddress' in secondary, false)
  assert.equal('authCode' in primary, false)
  assert.match(secondary.authCode ?? '', /^[\w-]{32}$/)
})

test('an activationCode is single-use', async (t) => {
  const { alpha } = await startPair(t)
  const { activationCode } = await request(alpha, tablet)
  await activate(alpha, phone, activationCode)

  const { status, text, body } = await activate(alpha, otherPhone, activationCode)

  assert.equal(status, 400)
  assert.deepEqual(body, invalid('activationCode'))
  assert.equal(text.includes(activationCode ?? ''), false)
  assert.deepEqual(alpha.twinnings(otherPhone), [])
})

test('of two simultaneous activations with one code, one has it', async (t) => {
  const { alpha } = await startPair(t)
  const { activationCode } = await request(alpha, tablet)

  const answers = await Promise.all(
    [phone, otherPhone].map((address) => activate(alpha, address, activationCode)),
  )

  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 400])
})

test('an activationCode expires after ten minutes, and is shown no longer', async (t) => {
  let now = 0
  const { alpha } = await startPair(t, { now: () => now })
  const { activationCode, resourceURL } = await request(alpha, tablet)
  const fresh = await call('GET', resourceURL)

  now = 600_000 - 1
  const last = await call('GET', resourceURL)
  now = 600_000
  const expired = await call('GET', resourceURL)
  const { status, body } = await activate(alpha, phone, activationCode)

  assert.equal(last.headers.get('etag'), fresh.headers.get('etag'))
  assert.equal('activationCode' in expired.body.twinning, false)
  assert.notEqual(expired.headers.get('etag'), fresh.headers.get('etag'))
  assert.equal(status, 400)
  assert.deepEqual(body, invalid('activationCode'))
})

test('how long a code lives is a setting', async (t) => {
  let now = 0
  const { alpha } = await startPair(t, { now: () => now, settings: { activationCodeTtlMs: 1_000 } })
  const { activationCode } = await request(alpha, tablet)

  now = 1_000

  assert.equal((await activate(alpha, phone, activationCode)).status, 400)
})

test('an unknown activationCode is refused without being repeated', async (t) => {
  const { alpha } = await startPair(t)

  const { status, text, body } = await activate(alpha, phone, 'BCDF-GHJK')

  assert.equal(status, 400)
  assert.deepEqual(body, invalid('activationCode'))
  assert.equal(text.includes('BCDF'), false)
})

test('an activationCode is recognised as people type it', async (t) => {
  const { alpha } = await startPair(t)
  const { activationCode = '' } = await request(alpha, tablet)

  const { status } = await activate(alpha, phone, ` ${activationCode.replace('-', '').toLowerCase()} `)

  assert.equal(status, 201)
})

test('role Primary without an activationCode is refused', async (t) => {
  const { alpha } = await startPair(t)

  const { status, body } = await call('POST', listOf(alpha, phone), { role: 'Primary' })

  assert.equal(status, 400)
  assert.deepEqual(body, invalid('activationCode'))
})

test('a device cannot twin with itself, and its code stays usable', async (t) => {
  const { alpha } = await startPair(t)
  const { activationCode } = await request(alpha, phone)

  const { status, body } = await activate(alpha, 'tel:+1-555-0100', activationCode)

  assert.equal(status, 403)
  assert.deepEqual(body, policyError('twinning-with-itself'))
  assert.equal((await activate(alpha, otherPhone, activationCode)).status, 201)
})

test('the code of a deleted twinning is no longer usable', async (t) => {
  const { alpha } = await startPair(t)
  const { activationCode, resourceURL } = await request(alpha, tablet)
  await call('DELETE', resourceURL)

  const { body } = await activate(alpha, phone, activationCode)

  assert.deepEqual(body, invalid('activationCode'))
})
