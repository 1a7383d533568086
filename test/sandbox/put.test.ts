import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  call,
  invalid,
  invalidChoice,
  listOf,
  phone,
  read,
  request,
  send,
  startPair,
  tablet,
  twin,
} from './support.ts'
import type { Answer } from './support.ts'

test('PUT renames a twinning and answers it with a new ETag', async (t) => {
  const { alpha } = await startPair(t)
  const requested = await request(alpha, tablet)
  const before = await call('GET', requested.resourceURL)

  const { status, headers, body } = await call('PUT', requested.resourceURL, {
    ...requested,
    name: 'renamed',
  })

  const after = await call('GET', requested.resourceURL)
  assert.equal(status, 200)
  assert.deepEqual(body.twinning, { ...requested, name: 'renamed' })
  assert.deepEqual(after.body, body)
  assert.equal(headers.get('etag'), after.headers.get('etag'))
  assert.notEqual(after.headers.get('etag'), before.headers.get('etag'))
})

test('PUT is the whole representation: a name that is absent is gone', async (t) => {
  const { alpha } = await startPair(t)
  const nameless = await request(alpha, tablet)
  delete nameless.name

  const { body } = await call('PUT', nameless.resourceURL, nameless)

  assert.deepEqual(body.twinning, nameless)
})

test('elements that the server does not know are kept as long as PUT repeats them', async (t) => {
  const { alpha } = await startPair(t)
  const posted = await call('POST', listOf(alpha, tablet), { role: 'Secondary', colour: { strap: ['red'] } })
  const { colour, ...rest } = posted.body.twinning

  const repeated = await call('PUT', rest.resourceURL, { ...rest, colour, size: 7 })
  const dropped = await call('PUT', rest.resourceURL, rest)

  assert.deepEqual(colour, { strap: ['red'] })
  assert.deepEqual(repeated.body.twinning, { ...rest, colour, size: 7 })
  assert.deepEqual(dropped.body.twinning, rest)
})

test('putAnswers204 answers PUT with 204 and the new ETag', async (t) => {
  const { alpha } = await startPair(t, { settings: { putAnswers204: true } })
  const requested = await request(alpha, tablet)

  const { status, headers, text } = await call('PUT', requested.resourceURL, {
    ...requested,
    name: 'renamed',
  })

  const after = await call('GET', requested.resourceURL)
  assert.equal(status, 204)
  assert.equal(text, '')
  assert.equal(headers.get('etag'), after.headers.get('etag'))
  assert.equal(after.body.twinning.name, 'renamed')
})

test('PUT with an If-Match that no longer holds answers 412 and changes nothing', async (t) => {
  const { alpha } = await startPair(t)
  const requested = await request(alpha, tablet)
  const stale = (await call('GET', requested.resourceURL)).headers.get('etag') ?? ''
  await call('PUT', requested.resourceURL, { ...requested, name: 'first' })

  const { status, body } = await call(
    'PUT',
    requested.resourceURL,
    { ...requested, name: 'second' },
    { 'if-match': stale },
  )

  assert.equal(status, 412)
  assert.deepEqual(body, invalid('If-Match'))
  assert.equal((await read(requested.resourceURL)).name, 'first')
})

test('PUT with the current ETag in If-Match, with *, or without it is accepted', async (t) => {
  const { alpha } = await startPair(t)
  const requested = await request(alpha, tablet)
  const etag = (await call('GET', requested.resourceURL)).headers.get('etag') ?? ''

  for (const headers of [{ 'if-match': `"other", ${etag}` }, { 'if-match': '*' }, {}]) {
    assert.equal((await call('PUT', requested.resourceURL, requested, { ...headers })).status, 200)
  }
})

test('of two simultaneous PUTs with one ETag, one is made', async (t) => {
  const { alpha } = await startPair(t)
  const { primary } = await twin(alpha, alpha, tablet)
  const etag = (await call('GET', primary.resourceURL)).headers.get('etag') ?? ''

  const answers = await Promise.all(
    ['one', 'two'].map((name) =>
      call('PUT', primary.resourceURL, { ...primary, name }, { 'if-match': etag }),
    ),
  )

  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412])
})

test('DELETE with an If-Match that no longer holds answers 412', async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL } = await request(alpha, tablet)

  assert.equal((await call('DELETE', resourceURL, undefined, { 'if-match': '"stale"' })).status, 412)
  assert.equal((await call('GET', resourceURL)).status, 200)
})

for (const twinningStatus of ['On', 'Off']) {
  test(`a device cannot turn its Pending twinning ${twinningStatus}`, async (t) => {
    const { alpha } = await startPair(t)
    const requested = await request(alpha, tablet)

    const { status, body } = await call('PUT', requested.resourceURL, { ...requested, twinningStatus })

    assert.equal(status, 400)
    assert.deepEqual(body, invalidChoice('twinningStatus', 'Pending'))
    assert.deepEqual(await read(requested.resourceURL), requested)
  })
}

test('an activated twinning does not become Pending again', async (t) => {
  const { alpha } = await startPair(t)
  const { secondary } = await twin(alpha, alpha, tablet)

  const { status, body } = await call('PUT', secondary.resourceURL, {
    ...secondary,
    twinningStatus: 'Pending',
  })

  assert.equal(status, 400)
  assert.deepEqual(body, invalidChoice('twinningStatus', 'On, Off'))
})

const serverOwned = {
  role: 'Primary',
  ownAddress: phone,
  resourceURL: 'https://elsewhere.example/',
  activationCode: 'BCDF-GHJK',
  authCode: 'forged',
  otherDevice: { address: 'tel:+15550666' },
  primaryDeviceVMAddress: 'tel:+15550666',
}

for (const [element, value] of Object.entries(serverOwned)) {
  test(`a device cannot change ${element}`, async (t) => {
    const { alpha } = await startPair(t)
    const { secondary } = await twin(alpha, alpha, tablet)

    const { status, body } = await call('PUT', secondary.resourceURL, { ...secondary, [element]: value })

    assert.equal(status, 400)
    assert.deepEqual(body, invalid(element))
    assert.deepEqual(await read(secondary.resourceURL), secondary)
  })
}

test('what the server owns may be absent from PUT, and stays', async (t) => {
  const { alpha } = await startPair(t)
  const { secondary } = await twin(alpha, alpha, tablet)

  const { status, body } = await call('PUT', secondary.resourceURL, { name: 'renamed', twinningStatus: 'On' })

  assert.equal(status, 200)
  assert.deepEqual(body.twinning, { ...secondary, name: 'renamed' })
})

const malformed: [string, string, number, Answer['body'] | object][] = [
  ['no JSON', '{"twinning": ', 400, invalid('message body')],
  ['no object', '[]', 400, invalid('message body')],
  ['no twinning', '{}', 400, invalid('twinning')],
  ['a twinning that is no object', '{"twinning": "Secondary"}', 400, invalid('twinning')],
  ['no role', '{"twinning": {"name": "x", "twinningStatus": "On"}}', 400, invalid('role')],
  ['a role that is no string', '{"twinning": {"role": 7}}', 400, invalid('role')],
  ['a name that is no string', '{"twinning": {"role": "Secondary", "name": 7}}', 400, invalid('name')],
]

for (const [what, text, status, expected] of malformed) {
  test(`POST of ${what} answers 400 and names the part`, async (t) => {
    const { alpha } = await startPair(t)

    const answer = await send('POST', listOf(alpha, tablet), text, { 'content-type': 'application/json' })

    assert.equal(answer.status, status)
    assert.deepEqual(answer.body, expected)
  })
}

for (const method of ['POST', 'PUT']) {
  test(`an undefined role in ${method} answers SVC1014`, async (t) => {
    const { alpha } = await startPair(t)
    const { resourceURL } = await request(alpha, tablet)
    const url = method === 'POST' ? listOf(alpha, tablet) : resourceURL

    const { status, body } = await call(method, url, { role: 'Tertiary', twinningStatus: 'Pending' })

    assert.equal(status, 400)
    assert.deepEqual(body, {
      requestError: {
        serviceException: {
          messageId: 'SVC1014',
          text: 'Undefined twinning role %1',
          variables: ['Tertiary'],
        },
      },
    })
  })
}

test('PUT without twinningStatus, or with an unknown one, is refused', async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL } = await request(alpha, tablet)

  const without = await call('PUT', resourceURL, { name: 'x' })
  const unknown = await call('PUT', resourceURL, { twinningStatus: 'Maybe' })

  assert.deepEqual(without.body, invalid('twinningStatus'))
  assert.deepEqual(unknown.body, invalidChoice('twinningStatus', 'Pending, On, Off'))
})

test('a body that is not declared as JSON answers 415', async (t) => {
  const { alpha } = await startPair(t)

  const { status, body } = await send('POST', listOf(alpha, tablet), '<twinning/>', {
    'content-type': 'application/xml',
  })

  assert.equal(status, 415)
  assert.deepEqual(body, invalid('Content-Type'))
})
