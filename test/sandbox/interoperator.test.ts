import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  activate,
  badToken,
  call,
  invalid,
  listOf,
  otherPhone,
  phone,
  policyError,
  read,
  request,
} from './support.ts'
import { send, serviceError, startPair, tablet, twin, watch } from './support.ts'

const unreachable = serviceError('counterpart-unreachable')

test("the Primary's server PUTs On, otherDevice, authCode and primaryDeviceVMAddress to another operator's Secondary", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { resourceURL, activationCode } = await request(beta, watch)
  const { headers } = await call('GET', resourceURL)

  const { status, body } = await activate(alpha, phone, activationCode)

  const { authCode } = await read(resourceURL)
  const put = beta.requests().find(({ method }) => method === 'PUT')
  assert.equal(status, 201)
  assert.deepEqual(body.twinning.otherDevice, { address: watch, name: 'myWatch' })
  assert.match(authCode ?? '', /^[\w-]{32}$/)
  assert.equal(put?.path, new URL(resourceURL).pathname)
  assert.equal(put.caller, 'peer')
  assert.equal(put.headers['if-match'], headers.get('etag'))
  assert.deepEqual(put.body, {
    twinning: {
      role: 'Secondary',
      name: 'myWatch',
      otherDevice: { address: phone, name: 'myPhone' },
      twinningStatus: 'On',
      authCode,
      primaryDeviceVMAddress: 'tel:+15550999',
      ownAddress: watch,
      resourceURL,
    },
  })
})

test("what the Primary's server PUT is what the Secondary reads", async (t) => {
  const { alpha, beta } = await startPair(t)

  const { secondary } = await twin(alpha, beta, watch)

  const put = beta.requests().find(({ method }) => method === 'PUT')
  assert.deepEqual({ twinning: secondary }, put?.body)
})

test("under vmAddressOn Primary the PUT carries no primaryDeviceVMAddress, and the Primary's resource does", async (t) => {
  const { alpha, beta } = await startPair(t, { settings: { vmAddressOn: 'Primary' } })

  const { primary, secondary } = await twin(alpha, beta, watch)

  assert.equal(primary.primaryDeviceVMAddress, 'tel:+15550999')
  assert.equal('primaryDeviceVMAddress' in secondary, false)
})

test('activation across operators is a reservation, a GET and a PUT', async (t) => {
  const { alpha, beta } = await startPair(t)

  const { resourceURL } = await request(beta, watch)
  const { activationCode } = await read(resourceURL)
  beta.clearRequests()
  await activate(alpha, phone, activationCode)

  const { pathname } = new URL(resourceURL)
  assert.deepEqual(
    beta.requests().map(({ method, path, caller }) => `${caller} ${method} ${path}`),
    [`peer POST /exampleAPI/peer/v1/reservations`, `peer GET ${pathname}`, `peer PUT ${pathname}`],
  )
})

test('of two simultaneous activations at another operator, one has the code', async (t) => {
  const { alpha, beta } = await startPair(t)
  const { activationCode } = await request(beta, watch)

  const answers = await Promise.all(
    [phone, otherPhone].map((address) => activate(alpha, address, activationCode)),
  )

  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 400])
  assert.deepEqual(answers.find(({ status }) => status === 400)?.body, invalid('activationCode'))
  assert.equal([...alpha.twinnings(phone), ...alpha.twinnings(otherPhone)].length, 1)
})

test('a code that no operator knows is refused', async (t) => {
  const { alpha } = await startPair(t)

  assert.deepEqual((await activate(alpha, phone, 'BCDF-GHJK')).body, invalid('activationCode'))
})

test('a PUT that fails undoes the activation: no Primary, the Secondary Pending, the code usable again', async (t) => {
  const { alpha, beta } = await startPair(t)
  const requested = await request(beta, watch)
  beta.faults.add({ match: { method: 'PUT' }, status: 503, times: 1 })

  const { status, body } = await activate(alpha, phone, requested.activationCode)

  assert.equal(status, 503)
  assert.deepEqual(body, unreachable)
  assert.deepEqual(alpha.twinnings(phone), [])
  assert.deepEqual(await read(requested.resourceURL), requested)
  assert.equal((await activate(alpha, phone, requested.activationCode)).status, 201)
})

test('a PUT whose answer is lost is undone as well', async (t) => {
  const { alpha, beta } = await startPair(t)
  const requested = await request(beta, watch)
  beta.faults.add({ match: { method: 'PUT' }, reset: true, processed: true, times: 1 })

  const { status } = await activate(alpha, phone, requested.activationCode)

  assert.equal(status, 503)
  assert.deepEqual(alpha.twinnings(phone), [])
  assert.deepEqual(await read(requested.resourceURL), requested)
  assert.equal((await activate(alpha, phone, requested.activationCode)).status, 201)
})

test('a code whose release is lost too is usable again after ten seconds', async (t) => {
  let now = 0
  const { alpha, beta } = await startPair(t, { now: () => now })
  const { activationCode } = await request(beta, watch)
  beta.faults.add({ match: { method: 'PUT' }, status: 503, times: 1 })
  beta.faults.add({ match: { method: 'DELETE' }, status: 503, times: 1 })
  await activate(alpha, phone, activationCode)

  const tooEarly = await activate(alpha, phone, activationCode)
  now = 10_000
  const later = await activate(alpha, phone, activationCode)

  assert.equal(tooEarly.status, 400)
  assert.equal(later.status, 201)
})

test("an activation whose code's operator cannot be asked answers 503", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { activationCode } = await request(beta, watch)
  beta.faults.add({ match: { path: '/peer/' }, reset: true })

  const { status, body } = await activate(alpha, phone, activationCode)

  assert.equal(status, 503)
  assert.deepEqual(body, unreachable)
})

for (const [where, at] of [
  ['another operator', 'beta'],
  ['its own operator', 'alpha'],
] as const) {
  const address = at === 'beta' ? watch : tablet

  test(`a Primary's toggle reaches the Secondary at ${where}; On brings the voice mail address and a new authCode`, async (t) => {
    const pair = await startPair(t)
    const { primary, secondary } = await twin(pair.alpha, pair[at], address)

    const off = await call('PUT', primary.resourceURL, { ...primary, twinningStatus: 'Off' })
    const secondaryOff = await read(secondary.resourceURL)
    await call('PUT', primary.resourceURL, { ...primary, twinningStatus: 'On' })
    const secondaryOn = await read(secondary.resourceURL)

    const { authCode, primaryDeviceVMAddress, ...rest } = secondary
    assert.equal(off.status, 200)
    assert.deepEqual(secondaryOff, { ...rest, twinningStatus: 'Off' })
    assert.deepEqual(secondaryOn, { ...rest, authCode: secondaryOn.authCode, primaryDeviceVMAddress })
    assert.notEqual(secondaryOn.authCode, authCode)
    assert.match(secondaryOn.authCode ?? '', /^[\w-]{32}$/)
  })

  test(`a Secondary's toggle at ${where} reaches the Primary, whose server answers On with new credentials`, async (t) => {
    const pair = await startPair(t)
    const { primary, secondary } = await twin(pair.alpha, pair[at], address)
    const { authCode, primaryDeviceVMAddress, ...rest } = secondary

    const off = await call('PUT', secondary.resourceURL, { ...rest, twinningStatus: 'Off' })
    const primaryOff = await read(primary.resourceURL)
    const on = await call('PUT', secondary.resourceURL, { ...rest, twinningStatus: 'On' })
    const primaryOn = await read(primary.resourceURL)

    assert.deepEqual(off.body.twinning, { ...rest, twinningStatus: 'Off' })
    assert.deepEqual(primaryOff, { ...primary, twinningStatus: 'Off' })
    assert.deepEqual(primaryOn, primary)
    assert.deepEqual(on.body.twinning, {
      ...rest,
      authCode: on.body.twinning.authCode,
      primaryDeviceVMAddress,
    })
    assert.notEqual(on.body.twinning.authCode, authCode)
    assert.deepEqual(await read(secondary.resourceURL), on.body.twinning)
  })

  test(`DELETE of the Primary ends the relationship at ${where} too`, async (t) => {
    const pair = await startPair(t)
    const { primary, secondary } = await twin(pair.alpha, pair[at], address)

    const { status } = await call('DELETE', primary.resourceURL)

    assert.equal(status, 204)
    assert.equal((await call('GET', primary.resourceURL)).status, 404)
    assert.equal((await call('GET', secondary.resourceURL)).status, 404)
  })

  test(`DELETE of the Secondary at ${where} ends the relationship at the Primary too`, async (t) => {
    const pair = await startPair(t)
    const { primary, secondary } = await twin(pair.alpha, pair[at], address)

    const { status } = await call('DELETE', secondary.resourceURL)

    assert.equal(status, 204)
    assert.equal((await call('GET', primary.resourceURL)).status, 404)
    assert.equal((await call('GET', secondary.resourceURL)).status, 404)
  })
}

test('under vmAddressOn Primary, a toggle takes the address from the Primary and gives it back', async (t) => {
  const { alpha, beta } = await startPair(t, { settings: { vmAddressOn: 'Primary' } })
  const { primary, secondary } = await twin(alpha, beta, watch)

  const off = await call('PUT', primary.resourceURL, { ...primary, twinningStatus: 'Off' })
  const on = await call('PUT', primary.resourceURL, { ...off.body.twinning, twinningStatus: 'On' })

  assert.equal('primaryDeviceVMAddress' in off.body.twinning, false)
  assert.equal(on.body.twinning.primaryDeviceVMAddress, 'tel:+15550999')
  assert.equal('primaryDeviceVMAddress' in (await read(secondary.resourceURL)), false)
})

test("a rename reaches the other end's otherDevice and leaves its credentials alone", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { primary, secondary } = await twin(alpha, beta, watch)

  await call('PUT', primary.resourceURL, { ...primary, name: 'my new phone' })

  assert.deepEqual(await read(secondary.resourceURL), {
    ...secondary,
    otherDevice: { address: phone, name: 'my new phone' },
  })
})

test('a toggle that does not reach the other operator is not made', async (t) => {
  const { alpha, beta } = await startPair(t)
  const { primary, secondary } = await twin(alpha, beta, watch)
  beta.faults.add({ match: { method: 'PUT' }, status: 500, times: 1 })

  const { status, body } = await call('PUT', primary.resourceURL, { ...primary, twinningStatus: 'Off' })

  assert.equal(status, 503)
  assert.deepEqual(body, unreachable)
  assert.deepEqual(await read(primary.resourceURL), primary)
  assert.deepEqual(await read(secondary.resourceURL), secondary)
})

test("a change of the Secondary while the Primary's server updates it is read again, not overwritten", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { primary, secondary } = await twin(alpha, beta, watch)
  beta.faults.add({ match: { method: 'PUT' }, status: 412, times: 1 })

  const { status } = await call('PUT', primary.resourceURL, { ...primary, twinningStatus: 'Off' })

  assert.equal(status, 200)
  assert.equal((await read(secondary.resourceURL)).twinningStatus, 'Off')
})

test("elements unknown to both servers survive the Primary's PUT", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { body } = await call('POST', listOf(beta, watch), { role: 'Secondary', colour: { strap: 'red' } })

  await activate(alpha, phone, body.twinning.activationCode)

  assert.deepEqual(beta.twinnings(watch)[0]?.['colour'], { strap: 'red' })
})

test('a DELETE that does not reach the other operator deletes nothing', async (t) => {
  const { alpha, beta } = await startPair(t)
  const { primary } = await twin(alpha, beta, watch)
  beta.faults.add({ match: { method: 'DELETE' }, status: 500, times: 1 })

  const { status, body } = await call('DELETE', primary.resourceURL)

  assert.equal(status, 503)
  assert.deepEqual(body, unreachable)
  assert.deepEqual(await read(primary.resourceURL), primary)
})

test('a wrong secret between operators answers 401', async (t) => {
  const { beta } = await startPair(t)
  const { activationCode } = await request(beta, watch)

  const { status, headers, body } = await send(
    'POST',
    `${beta.serverRoot}/peer/v1/reservations`,
    JSON.stringify({
      activationCode,
      primary: { address: phone, resourceURL: 'http://127.0.0.1/exampleAPI/x' },
    }),
    { 'content-type': 'application/json', authorization: 'Bearer wrong' },
  )

  assert.equal(status, 401)
  assert.equal(headers.get('www-authenticate'), 'Bearer')
  assert.deepEqual(body, badToken)
})

test('without its secret, nobody can PUT to a Secondary as if it were the other operator', async (t) => {
  const { beta } = await startPair(t, { settings: { auth: 'required' } })
  const seeded = beta.seed({ ownAddress: watch, twinningStatus: 'Pending' })

  const { status, body } = await call(
    'PUT',
    seeded.resourceURL,
    { ...seeded, twinningStatus: 'On' },
    { authorization: 'Bearer wrong' },
  )

  assert.equal(status, 401)
  assert.deepEqual(body, badToken)
})

test('an operator may touch no resource but those of its relationships', async (t) => {
  const { alpha, beta } = await startPair(t)
  const secret = 'a-secret-that-the-test-shares'
  beta.peerWith({ id: 'gamma', serverRoot: 'http://gamma.example/exampleAPI', secret })
  const { secondary } = await twin(alpha, beta, watch)
  const authorization = { authorization: `Bearer ${secret}` }

  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status, body } = await call(
      method,
      secondary.resourceURL,
      method === 'PUT' ? secondary : undefined,
      authorization,
    )

    assert.equal(status, 403)
    assert.deepEqual(body, policyError('not-the-counterpart'))
  }
  assert.equal((await call('GET', listOf(beta, watch), undefined, authorization)).status, 403)
})

test("a reserved resource takes no URL but one of the claiming operator's own", async (t) => {
  const { beta } = await startPair(t)
  const secret = 'a-secret-that-the-test-shares'
  beta.peerWith({ id: 'gamma', serverRoot: 'http://gamma.example/exampleAPI', secret })
  const { activationCode } = await request(beta, watch)

  const { status, body } = await send(
    'POST',
    `${beta.serverRoot}/peer/v1/reservations`,
    JSON.stringify({
      activationCode,
      primary: { address: phone, resourceURL: 'http://169.254.0.1/exampleAPI/x' },
    }),
    { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
  )

  assert.equal(status, 400)
  assert.deepEqual(body, invalid('primary.resourceURL'))
})
