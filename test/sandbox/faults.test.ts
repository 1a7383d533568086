import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, listOf, phone, request, send, startPair, tablet } from './support.ts'

const json = { 'content-type': 'application/json' }

test('a fault with a status answers in place of the API, as many times as it says', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({
    match: { method: 'get', path: '/twinnings' },
    status: 503,
    headers: { 'retry-after': '1' },
    times: 2,
  })

  const first = await call('GET', listOf(alpha, phone))
  const left = alpha.faults.list()
  const second = await call('GET', listOf(alpha, phone))
  const third = await call('GET', listOf(alpha, phone))

  assert.deepEqual([first.status, first.text, first.headers.get('retry-after')], [503, '', '1'])
  assert.equal(left[0]?.times, 1)
  assert.equal(second.status, 503)
  assert.equal(third.status, 200)
  assert.deepEqual(alpha.faults.list(), [])
})

test('a fault may answer a body of any kind', async (t) => {
  const { alpha } = await startPair(t)
  const url = listOf(alpha, phone)
  alpha.faults.add({ body: '<twinningList/>', headers: { 'content-type': 'application/xml' }, times: 1 })
  alpha.faults.add({ body: { twinningList: {} }, times: 1 })

  const xml = await call('GET', url)
  const object = await call('GET', url)

  assert.deepEqual(
    [xml.status, xml.text, xml.headers.get('content-type')],
    [200, '<twinningList/>', 'application/xml'],
  )
  assert.deepEqual([object.status, object.body], [200, { twinningList: {} }])
})

test('a fault with headers only adds them to the real answer', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ headers: { 'cache-control': 'no-store' } })

  const { status, headers, body } = await call('GET', listOf(alpha, phone))

  assert.deepEqual([status, headers.get('cache-control'), body.twinningList.twinning], [200, 'no-store', []])
  assert.match(headers.get('etag') ?? '', /^".+"$/)
})

test('a delay comes before the real answer', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ delayMs: 30 })
  const start = performance.now()

  const { status } = await call('GET', listOf(alpha, phone))

  assert.equal(status, 200)
  assert.equal(performance.now() - start >= 29, true)
})

test('a reset breaks the connection before the request reaches the API, or after it with processed', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ reset: true, times: 1 })
  alpha.faults.add({ reset: true, processed: true, times: 1 })

  await assert.rejects(request(alpha, tablet), TypeError)
  const before = alpha.twinnings(tablet).length
  await assert.rejects(request(alpha, tablet), TypeError)

  assert.equal(before, 0)
  assert.equal(alpha.twinnings(tablet).length, 1)
})

for (const truncate of [true, 0, 5] as const) {
  test(`truncate ${truncate} breaks off the body`, async (t) => {
    const { alpha } = await startPair(t)
    alpha.faults.add({ truncate })

    const response = await fetch(listOf(alpha, phone))

    assert.equal(response.status, 200)
    await assert.rejects(response.text(), TypeError)
  })
}

test('a hang holds the request until its client leaves', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ hang: true, times: 1 })
  const leaving = new AbortController()
  const arrived = alpha.nextRequest()
  const answer = fetch(listOf(alpha, phone), { signal: leaving.signal })
  await arrived

  leaving.abort()

  await assert.rejects(answer, { name: 'AbortError' })
  assert.equal((await call('GET', listOf(alpha, phone))).status, 200)
})

test('close ends what hangs or is delayed, and may be called twice', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ hang: true, times: 1 })
  alpha.faults.add({ delayMs: 3_600_000, times: 1 })
  const answers = ['one', 'two'].map(async () => {
    const arrived = alpha.nextRequest()
    const answer = fetch(listOf(alpha, phone)).then(
      () => 'answered',
      () => 'broken off',
    )
    await arrived
    return answer
  })

  await alpha.nextRequest(() => alpha.requests().length === 2)
  await alpha.close()
  await alpha.close()

  assert.deepEqual(await Promise.all(answers), ['broken off', 'broken off'])
})

test('probability 0 never happens and 1 always does', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ status: 500, probability: 0 })
  alpha.faults.add({ status: 502, probability: 1 })

  assert.equal((await call('GET', listOf(alpha, phone))).status, 502)
})

test('a fault concerns the token endpoint only where it names its path', async (t) => {
  const { alpha } = await startPair(t)
  alpha.faults.add({ status: 500, times: 1 })
  const untouched = await send('GET', alpha.tokenUrl)
  alpha.faults.clear()
  alpha.faults.add({ match: { path: '/oauth2/' }, status: 500, times: 1 })
  const broken = await send('GET', alpha.tokenUrl)

  assert.deepEqual([untouched.status, broken.status], [405, 500])
})

test('faults are added, listed and cleared over HTTP', async (t) => {
  const { alpha } = await startPair(t)
  const url = `${alpha.url}/_sandbox/faults`
  const fault = { match: { method: 'GET' }, status: 503, body: { requestError: {} } }

  const added = await send('POST', url, JSON.stringify(fault), json)
  const broken = await call('GET', listOf(alpha, phone))
  const listed = await send('GET', url)
  const cleared = await send('DELETE', url)

  assert.deepEqual([added.status, added.body], [201, { fault }])
  assert.deepEqual([broken.status, broken.body], [503, { requestError: {} }])
  assert.deepEqual(listed.body, { faults: [fault] })
  assert.equal(cleared.status, 204)
  assert.equal((await call('GET', listOf(alpha, phone))).status, 200)
})

for (const [what, route, body, error] of [
  ['a fault with an unknown key', 'POST faults', '{"staus": 503}', 'body: Unrecognized key: "staus"'],
  ['a fault with a wrong value', 'POST faults', '{"times": 0}', 'times: Too small: expected number to be >0'],
  [
    'an unknown setting value',
    'PATCH settings',
    '{"vmAddressOn": "Both"}',
    'vmAddressOn: Invalid option: expected one of "Primary"|"Secondary"',
  ],
  [
    'a seed without its device',
    'POST twinnings',
    '{}',
    'ownAddress: Invalid input: expected string, received undefined',
  ],
] as const) {
  test(`${what} answers 400 and says what is wrong`, async (t) => {
    const { alpha } = await startPair(t)
    const [method, path] = route.split(' ') as [string, string]

    const answer = await send(method, `${alpha.url}/_sandbox/${path}`, body, json)

    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, { error })
  })
}

test('a control request that is no JSON answers 400, an unknown one 404 with those there are', async (t) => {
  const { alpha } = await startPair(t)

  const noJson = await send('POST', `${alpha.url}/_sandbox/faults`, '{', json)
  const unknown = await send('GET', `${alpha.url}/_sandbox/fault`)

  assert.equal(noJson.status, 400)
  assert.match(noJson.text, /^\{"error":"body: /)
  assert.equal(unknown.status, 404)
  assert.match(unknown.text, /GET faults, POST faults, DELETE faults, GET requests/)
})

test('requests are recorded as they came, those to the token endpoint and to the control excepted', async (t) => {
  const { alpha } = await startPair(t)
  const twinning = { role: 'Secondary', name: 'myTablet' }
  await send('GET', alpha.tokenUrl)
  await send('GET', `${alpha.url}/_sandbox/settings`)
  await call('POST', listOf(alpha, 'tel:+1-555-0100'), twinning, { authorization: 'Bearer my-token' })

  const [recorded, ...others] = alpha.requests()
  const overHttp = await send('GET', `${alpha.url}/_sandbox/requests`)
  const cleared = await send('DELETE', `${alpha.url}/_sandbox/requests`)

  assert.deepEqual(others, [])
  assert.equal(recorded?.method, 'POST')
  assert.equal(recorded.path, '/exampleAPI/twinning/v1/tel%3A%2B1-555-0100/twinnings')
  assert.equal(recorded.caller, 'client')
  assert.deepEqual(recorded.body, { twinning })
  assert.equal(recorded.headers.authorization, 'Bearer my-token')
  assert.deepEqual(JSON.parse(overHttp.text), {
    requests: [{ ...recorded, headers: { ...recorded.headers, authorization: 'Bearer [present]' } }],
  })
  assert.equal(cleared.status, 204)
  assert.deepEqual(alpha.requests(), [])
})

test('a request without a valid token is recorded as nobody', async (t) => {
  const { alpha } = await startPair(t, { settings: { auth: 'required' } })
  await call('GET', listOf(alpha, phone))

  assert.equal(alpha.requests()[0]?.caller, 'nobody')
})

test('a seed is put there past all rules, with the elements it has', async (t) => {
  const { alpha } = await startPair(t)

  const seeded = await send(
    'POST',
    `${alpha.url}/_sandbox/twinnings`,
    JSON.stringify({
      id: 'tw1',
      ownAddress: tablet,
      primaryDeviceVMAddress: 'javascript:alert(1)',
      colour: 'red',
    }),
    json,
  )

  const resourceURL = `${listOf(alpha, tablet)}/tw1`
  const twinning = {
    role: 'Secondary',
    twinningStatus: 'On',
    ownAddress: tablet,
    primaryDeviceVMAddress: 'javascript:alert(1)',
    resourceURL,
  }
  assert.deepEqual([seeded.status, seeded.body], [201, { twinning }])
  assert.deepEqual((await call('GET', resourceURL)).body, { twinning: { ...twinning, colour: 'red' } })
  assert.deepEqual(alpha.twinning(tablet, 'tw1'), { ...twinning, colour: 'red' })
  assert.equal(alpha.twinning(tablet, 'tw2'), undefined)
})

test('a seeded activationCode can be used', async (t) => {
  const { alpha } = await startPair(t)
  alpha.seed({ ownAddress: tablet, twinningStatus: 'Pending', activationCode: 'SEED-0001' })

  const { status } = await call('POST', listOf(alpha, phone), { role: 'Primary', activationCode: 'seed0001' })

  assert.equal(status, 201)
})

test('a toggle of a seeded twinning keeps what it has, as nobody else could bring it back', async (t) => {
  const { alpha } = await startPair(t)
  const seeded = alpha.seed({
    ownAddress: tablet,
    authCode: 'seeded',
    primaryDeviceVMAddress: 'tel:+15550999',
  })

  const off = await call('PUT', seeded.resourceURL, { ...seeded, twinningStatus: 'Off' })

  assert.deepEqual(off.body.twinning, { ...seeded, twinningStatus: 'Off' })
})

test('settings change over HTTP, for PATCH and PUT alike, and count at once', async (t) => {
  const { alpha } = await startPair(t)
  const url = `${alpha.url}/_sandbox/settings`

  const patched = await send('PATCH', url, '{"auth": "required"}', json)
  const refused = await call('GET', listOf(alpha, phone))
  const put = await send('PUT', url, '{"cacheControl": "no-store"}', json)
  const shown = await send('GET', url)

  assert.equal(patched.status, 200)
  assert.equal(refused.status, 401)
  assert.deepEqual(put.body, shown.body)
  assert.deepEqual(shown.body, {
    settings: {
      auth: 'required',
      accessTokens: [],
      vmAddressOn: 'Secondary',
      cacheControl: 'no-store',
      putAnswers204: false,
      activationCodeTtlMs: 600_000,
      accessTokenTtlS: 3_600,
    },
  })
})
