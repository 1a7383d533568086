import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { IncomingMessage } from 'node:http'
import {
  badToken,
  call,
  invalid,
  listOf,
  phone,
  read,
  request,
  serviceError,
  startPair,
  tablet,
  twin,
} from './support.ts'
import { watch } from './support.ts'

const unknownUser = {
  requestError: {
    serviceException: {
      messageId: 'SVC0004',
      text: 'No valid addresses provided in message part %1',
      variables: ['userId'],
    },
  },
}

/** Unlike fetch, sends a path as it is. */
async function getRaw(origin: string, path: string): Promise<{ status: number | undefined; body: unknown }> {
  const sent = httpRequest(origin, { path, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: JSON.parse(await text(response)) }
}

test("GET lists a device's twinnings in the order they were made, with an ETag", async (t) => {
  const { alpha } = await startPair(t)
  const first = await request(alpha, tablet, 'first')
  const second = await request(alpha, tablet, 'second')

  const { status, headers, body } = await call('GET', listOf(alpha, tablet))

  assert.equal(status, 200)
  assert.match(headers.get('etag') ?? '', /^"[\w-]+"$/)
  assert.deepEqual(body, {
    twinningList: { twinning: [first, second], resourceURL: listOf(alpha, tablet) },
  })
})

test('a device without twinnings has an empty list', async (t) => {
  const { alpha } = await startPair(t)

  const { status, body } = await call('GET', listOf(alpha, phone))

  assert.equal(status, 200)
  assert.deepEqual(body, { twinningList: { twinning: [], resourceURL: listOf(alpha, phone) } })
})

test('GET with the current ETag in If-None-Match answers 304, until something changes', async (t) => {
  const { alpha } = await startPair(t)
  const requested = await request(alpha, tablet)

  for (const url of [requested.resourceURL, listOf(alpha, tablet)]) {
    const etag = (await call('GET', url)).headers.get('etag') ?? ''
    const same = await call('GET', url, undefined, { 'if-none-match': `"other", W/${etag}` })
    await call('PUT', requested.resourceURL, { ...requested, name: `after ${url}` })
    const changed = await call('GET', url, undefined, { 'if-none-match': etag })

    assert.equal(same.status, 304)
    assert.equal(same.text, '')
    assert.equal(same.headers.get('etag'), etag)
    assert.equal(changed.status, 200)
    assert.notEqual(changed.headers.get('etag'), etag)
  }
})

test('Cache-Control is sent where the setting says so, with 200 and 304', async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL } = await request(alpha, tablet)
  const without = await call('GET', resourceURL)

  alpha.settings.cacheControl = 'max-age=60'
  const full = await call('GET', resourceURL)
  const same = await call('GET', resourceURL, undefined, { 'if-none-match': full.headers.get('etag') ?? '' })

  assert.equal(without.headers.get('cache-control'), null)
  assert.equal(full.headers.get('cache-control'), 'max-age=60')
  assert.deepEqual([same.status, same.headers.get('cache-control')], [304, 'max-age=60'])
})

for (const [what, address] of [
  ["another operator's", watch],
  ['a foreign domain', 'sip:car-7@evil.example'],
  ['a domain that only ends alike', 'sip:car-7@evil.example@alpha.example'],
  ['a domain that only begins alike', 'sip:car-7@alpha.example.evil.example'],
  ['an address of another scheme', 'http://alpha.example/'],
  ['a path', 'tel:+15550100/../tel:+15550100'],
  ['dots', '..'],
  ['nothing', ''],
] as const) {
  test(`a userId that is ${what} answers 404 SVC0004`, async (t) => {
    const { alpha } = await startPair(t)

    const { pathname } = new URL(alpha.serverRoot)
    const { status, body } = await getRaw(
      alpha.url,
      `${pathname}/twinning/v1/${encodeURIComponent(address)}/twinnings`,
    )

    assert.equal(status, 404)
    assert.deepEqual(body, unknownUser)
  })
}

test('a tel address is the same with and without visual separators', async (t) => {
  const { alpha } = await startPair(t)
  const { primary } = await twin(alpha, alpha, tablet)

  const { body } = await call('GET', listOf(alpha, 'TEL:+1 (555) 01-0.0'))

  assert.deepEqual(body, { twinningList: { twinning: [primary], resourceURL: listOf(alpha, phone) } })
})

test('%2F in a userId is a character of the address, never a path', async (t) => {
  const { alpha } = await startPair(t)
  const requested = await request(alpha, 'sip:car/7@alpha.example')

  assert.equal(requested.ownAddress, 'sip:car/7@alpha.example')
  assert.equal(new URL(requested.resourceURL).pathname.split('/')[4], 'sip%3Acar%2F7%40alpha.example')
  assert.deepEqual(await read(requested.resourceURL), requested)
})

test('.. in a path leads nowhere', async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL } = await request(alpha, tablet)
  const id = resourceURL.split('/').at(-1) ?? ''
  const root = '/exampleAPI/twinning/v1'

  const overUser = await getRaw(
    alpha.url,
    `${root}/tel%3A%2B15550100/../sip%3Atablet-3%40alpha.example/twinnings/${id}`,
  )
  const overList = await getRaw(alpha.url, `${root}/tel%3A%2B15550100/twinnings/../${id}`)
  const outside = await getRaw(alpha.url, '/exampleAPI/../_sandbox/requests')

  assert.deepEqual(overUser, { status: 404, body: invalid('resource') })
  assert.deepEqual(overList, { status: 404, body: invalid('resource') })
  assert.deepEqual(outside, { status: 404, body: invalid('resource') })
})

test('a userId that cannot be decoded answers 400', async (t) => {
  const { alpha } = await startPair(t)

  assert.deepEqual(await getRaw(alpha.url, '/exampleAPI/twinning/v1/%E0%A4%A/twinnings'), {
    status: 400,
    body: invalid('userId'),
  })
})

for (const method of ['GET', 'PUT', 'DELETE']) {
  test(`${method} of an unknown twinning answers 404 SVC0002`, async (t) => {
    const { alpha } = await startPair(t)

    const twinning = method === 'PUT' ? { twinningStatus: 'On' } : undefined
    const { status, body } = await call(method, `${listOf(alpha, phone)}/tw-none`, twinning)

    assert.equal(status, 404)
    assert.deepEqual(body, invalid('twinningId'))
  })
}

test("a twinning is not found below another device's address", async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL } = await request(alpha, tablet)

  const { status, body } = await call('GET', `${listOf(alpha, phone)}/${resourceURL.split('/').at(-1) ?? ''}`)

  assert.equal(status, 404)
  assert.deepEqual(body, invalid('twinningId'))
})

test('a method that a resource lacks answers 405 and Allow', async (t) => {
  const { alpha } = await startPair(t)
  const { resourceURL } = await request(alpha, tablet)

  const onList = await call('DELETE', listOf(alpha, tablet))
  const onOne = await call('POST', resourceURL, { role: 'Secondary' })

  assert.deepEqual([onList.status, onList.headers.get('allow')], [405, 'GET, POST'])
  assert.deepEqual([onOne.status, onOne.headers.get('allow')], [405, 'GET, PUT, DELETE'])
  assert.deepEqual(onList.body, serviceError('method-not-allowed'))
})

test('a request of over one mebibyte answers 413', async (t) => {
  const { alpha } = await startPair(t)

  const { status } = await call('POST', listOf(alpha, tablet), {
    role: 'Secondary',
    name: 'x'.repeat(1_048_576),
  })

  assert.equal(status, 413)
})

test('where access tokens are required, only a valid one opens the API', async (t) => {
  const { alpha } = await startPair(t, { settings: { auth: 'required', accessTokens: ['static-token'] } })

  const none = await call('GET', listOf(alpha, phone))
  const wrong = await call('GET', listOf(alpha, phone), undefined, { authorization: 'Bearer wrong' })
  const right = await call('GET', listOf(alpha, phone), undefined, { authorization: 'Bearer static-token' })

  assert.equal(none.status, 401)
  assert.equal(none.headers.get('www-authenticate'), 'Bearer')
  assert.deepEqual(none.body, badToken)
  assert.equal(wrong.status, 401)
  assert.equal(right.status, 200)
})
