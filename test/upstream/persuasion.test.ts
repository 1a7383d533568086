// Whatever is asked, sealed, notified or answered: the gateway asks its operator for a device's twinnings, and nobody for
// anything else.
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import test, { type TestContext } from 'node:test'
import { createSealer } from '../../src/domain/ids.ts'
import { parseAddress, type DeviceAddress } from '../../src/domain/address.ts'
import { startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startInFrontOf, startServer, wireTwinning, type Json, type RawServer } from '../support/operator.ts'

const idKey = Buffer.alloc(32, 7)
const resource = /^(?:GET|POST|PUT|DELETE) \/api\/twinning\/v1\/([^/?#]+)\/twinnings(?:\/([^/?#]+))?$/

type World = { readonly gateway: Gateway; readonly operator: RawServer; readonly elsewhere: RawServer }

/** `elsewhere` is where nobody may be led to. */
async function start(
  t: TestContext,
  answer: (
    elsewhere: string,
    request: IncomingMessage,
    response: ServerResponse,
  ) => Json | undefined = () => ({
    twinningList: { twinning: [] },
  }),
): Promise<World> {
  const elsewhere = await startServer(t, (_, response) => response.end('{}'))
  const operator = await startServer(t, (request, response) => {
    const body = answer(elsewhere.url, request, response)
    if (response.writableEnded) return
    response.setHeader('content-type', 'application/json')
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  const gateway = await startInFrontOf(t, `${operator.url}/api`, { ID_KEY: idKey.toString('base64') })
  return { gateway, operator, elsewhere }
}

/** Every request was for a resource of these devices; answers their names, unescaped once. */
function assertInPlace({ operator, elsewhere }: World): { devices: string[]; ids: string[] } {
  assert.equal(elsewhere.connections(), 0)
  const parts = operator.requests.map((line) => resource.exec(line) ?? assert.fail(line))
  for (const line of operator.requests) {
    const { pathname } = new URL(line.split(' ')[1] ?? '', 'http://op.example')
    assert.ok(line.endsWith(pathname), line)
    assert.doesNotMatch(decodeURIComponent(pathname), /[\r\n\0]|(?:^|[/\\])\.\.?(?:[/\\;]|$)/)
  }
  return {
    devices: [...new Set(parts.map(([, device = '']) => decodeURIComponent(device)))],
    ids: parts.flatMap(([, , id]) => (id === undefined ? [] : [decodeURIComponent(id)])),
  }
}

const hostileAddresses = [
  '..', '../..', '/', '//evil.example/', 'http://evil.example/', 'file:///etc/passwd', 'javascript:alert(1)',
  'tel:..', 'tel:+1555/../../x', 'tel:+1555%2f..', 'tel:+1555?x=1', 'tel:+1555#x', 'tel:+1555\r\nHost: evil.example',
  'tel:+1555\0', 'tel:+1555%00', 'tel:+1555%0d%0a', 'tel:+１５５５', 'ｔｅｌ:+1555', 'tel：+1555', 'tel:+1555;x=%2e%2e%2f', 'tel:+1555;x=../..',
  'sip:../../admin@evil.example', 'sip:a/../../admin@evil.example', 'sip:a%2f..%2f..@evil.example', 'sip:a%252f..%252f@evil.example',
  'sip:a/..;x@evil.example', 'sip:a\\..\\b@evil.example', 'sip:a@evil.example/../x', 'sip:a@evil.example?subject=x', 'sip:a:secret@evil.example',
  'sip:a@[::1]/x', 'sip:a@169.254.169.254', 'sip:／．．@evil.example', 'sips:a/./b@evil.example', 'acr:..', 'acr:%2e%2e%2f', 'acr:a%2f%2e%2e%2fb', 'acr:\u202e',
  `tel:+${'1'.repeat(10_000)}`, `sip:${'a'.repeat(10_000)}@evil.example`, `acr:${'/..'.repeat(3000)}`, '\ud800', '',
] // prettier-ignore

test('an address is a device of the operator’s, or is refused before anything is asked', async (t) => {
  const world = await start(t)
  const { query, token } = world.gateway
  const everything = await token('twinning:read:any twinning:write:any twinning:analytics')
  const documents = [
    'query ($a: DeviceAddress!) { twinningDevice(address: $a) { twinnings { totalCount } } }',
    'query ($a: DeviceAddress!) { twinningDevices(addresses: [$a]) { twinnings { totalCount } } }',
    'query ($a: DeviceAddress!) { twinningStatistics(addresses: [$a]) { twinnings } }',
    'mutation ($a: DeviceAddress!) { requestTwinning(input: {deviceAddress: $a}) { userErrors { code } } }',
  ]
  const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Device { twinnings { totalCount } } } }' // prettier-ignore

  for (const a of hostileAddresses) {
    const before = world.operator.requests.length
    const answers = [
      ...(await Promise.all(documents.map((document) => query(everything, document, { a })))),
      await query(everything, entities, { r: [{ __typename: 'Device', address: a }] }),
    ]
    for (const { errors } of answers) {
      const codes = errors.map(({ extensions }) => extensions.code)
      if (world.operator.requests.length === before)
        assert.deepEqual([...new Set(codes)], ['BAD_USER_INPUT'], a)
      assert.ok(!codes.includes('INTERNAL_SERVER_ERROR'), a)
    }
  }

  const { devices } = assertInPlace(world)
  // What is left is odd, and yet an address.
  assert.deepEqual(devices.sort(), ['acr:%2e%2e%2f', 'acr:..', 'sip:a@169.254.169.254', 'tel:+1555;x=%2e%2e%2f']) // prettier-ignore
})

test('an id that somebody has sealed with the key that everybody knows leads nowhere', async (t) => {
  const world = await start(t)
  const { query, token } = world.gateway
  const everything = await token('twinning:read:any twinning:write:any')
  const sealer = createSealer([idKey])
  const seal = (twinningId: string, device = watch) =>
    sealer.sealRef({ operatorId: 'default', device: device as DeviceAddress, twinningId })
  const ids = [
    ...['..', '.', '../..', '../../tel%3A%2B15550100/twinnings/p1', '..%2f..', '%2e%2e', '..;/x', '\\..\\', 'a\r\nHost: x', 'a\0', '．．', '‥', 'a／．．／b', 'x'.repeat(257), ''].map((id) => seal(id)), // prettier-ignore
    ...hostileAddresses.filter((text) => !parseAddress(text)).map((device) => seal('tw1', device)),
    'A'.repeat(10_000),
    '../../..',
  ]

  for (const id of ids) {
    const read = await query(everything, 'query ($id: ID!) { twinning(id: $id) { name } }', { id })
    assert.deepEqual([read.data.twinning, read.errors], [null, []])
    const { data } = await query(everything, 'mutation ($id: ID!) { deleteTwinning(input: {id: $id}) { userErrors { code } } }', { id }) // prettier-ignore
    assert.deepEqual(data.deleteTwinning.userErrors, [{ code: 'NOT_FOUND' }])
  }

  assert.deepEqual(world.operator.requests, [])
  assertInPlace(world)
})

test('what an operator answers leads nowhere but to itself', async (t) => {
  const world = await start(t, (elsewhere, { method, url = '' }, response) => {
    const hostile = {
      role: 'Secondary',
      otherDevice: { address: `sip:x@${new URL(elsewhere).host}` },
      primaryDeviceVMAddress: `${elsewhere}/voicemail`,
      resourceURL: `${elsewhere}/twinning/v1/x/twinnings/tw1`,
    }
    if (method === 'POST') {
      response.writeHead(201, { location: `${elsewhere}/twinning/v1/x/twinnings/tw1` }).end()
      return undefined
    }
    const twinning = wireTwinning(watch, 'tw1', hostile)
    return url.endsWith('/twinnings') ? { twinningList: { twinning: [twinning], resourceURL: elsewhere, link: [{ rel: 'next', href: elsewhere }] } } : { twinning } // prettier-ignore
  })
  const { query, token } = world.gateway
  const everything = await token('twinning:read:any twinning:write:any twinning:voicemail', watch)
  const fields = 'name resourceURL otherDevice { address } ... on SecondaryTwinning { voicemailAccess { address } otherPrimary: otherDevice { address } }' // prettier-ignore

  const list = await query(everything, `{ twinningDevice { twinnings { nodes { id ${fields} } } } }`)
  const [{ id }] = list.data.twinningDevice.twinnings.nodes as [{ id: string }]
  await query(everything, `query ($id: ID!) { twinning(id: $id) { ${fields} } }`, { id })
  await query(everything, `mutation { requestTwinning(input: {}) { twinning { ${fields} } } }`)
  await query(everything, 'mutation ($id: ID!) { setTwinningStatus(input: {id: $id, twinningStatus: OFF}) { userErrors { code } } }', { id }) // prettier-ignore
  await query(everything, 'mutation ($id: ID!) { deleteTwinning(input: {id: $id}) { userErrors { code } } }', { id }) // prettier-ignore

  const { devices, ids } = assertInPlace(world)
  assert.ok(devices.includes(watch))
  assert.deepEqual([...new Set(ids)], ['tw1'])
  assert.ok(world.operator.requests.length > 5)
})

for (const status of [300, 301, 302, 303, 307, 308])
  test(`a redirection ${status} is not followed, whatever was asked`, async (t) => {
    const world = await start(t, (elsewhere, _, response) => {
      response.writeHead(status, { location: `${elsewhere}/api/twinning/v1/x/twinnings` }).end()
      return undefined
    })
    const { query, token } = world.gateway
    const all = await token('twinning:read twinning:write', watch)
    const id = createSealer([idKey]).sealRef({ operatorId: 'default', device: watch as DeviceAddress, twinningId: 'tw1' }) // prettier-ignore

    const answers = [
      await query(all, '{ twinningDevice { twinnings { totalCount } } }'),
      await query(all, 'query ($id: ID!) { twinning(id: $id) { name } }', { id }),
      await query(all, 'mutation { requestTwinning(input: {}) { userErrors { code } } }'),
      await query(all, 'mutation ($id: ID!) { deleteTwinning(input: {id: $id}) { userErrors { code } } }', { id }), // prettier-ignore
    ]

    for (const { errors } of answers) assert.equal(errors[0]?.extensions.code, 'UPSTREAM_INVALID_RESPONSE')
    assertInPlace(world)
  })

test('links of notifications are read for their paths, and nobody is asked for them', async (t) => {
  const elsewhere = await startServer(t, (_, response) => response.end('{}'))
  const gateway = await startGateway(t)
  const device = encodeURIComponent(watch)
  const { host } = new URL(elsewhere.url)
  const links: [href: unknown, status: number][] = [
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/tw1`, 204],
    [`http://user:pass@${host}/twinning/v1/${device}/twinnings/tw1`, 204],
    [`http://169.254.169.254/twinning/v1/${device}/twinnings/tw1`, 204],
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/..`, 400],
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/%2e%2e`, 400],
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/a%2f..%2fb`, 400],
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/a%00`, 400],
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/a%0d%0ab`, 400],
    [`${elsewhere.url}/twinning/v1/${device}/twinnings/${'x'.repeat(10_000)}`, 400],
    [`${elsewhere.url}/twinning/v1/sip%3Aa%2F..%2Fb%40beta.example/twinnings/tw1`, 400],
    [`${elsewhere.url}/twinning/v1/..%2f..%2f/twinnings/tw1`, 400],
    [`file:///twinning/v1/..%2f/twinnings/tw1`, 400],
    [elsewhere.url, 400],
    ['', 400],
    [null, 400],
    [{ href: elsewhere.url }, 400],
  ]

  for (const [href, expected] of links) {
    const { status } = await fetch(`${gateway.url}/notifications/beta`, {
      method: 'POST',
      headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
      body: JSON.stringify({ twinningNotification: { link: [{ rel: 'Twinning', href }] } }),
    })
    assert.equal(status, expected, String(href))
  }

  assert.equal(elsewhere.connections(), 0)
})

test('a callback URL leads to a router that is allowed, or nowhere', async (t) => {
  const elsewhere = await startServer(t, (_, response) => response.end())
  const router = await startServer(t, (_, response) => response.writeHead(404).end())
  const gateway = await startGateway(t, { environment: { CALLBACK_URLS: `${router.url}/callback` } })
  const token = await gateway.token('twinning:read', watch)
  const { host: good } = new URL(router.url)
  const { host: bad } = new URL(elsewhere.url)

  for (const callbackUrl of [
    `${elsewhere.url}/callback`,
    `http://${good}@${bad}/callback`,
    `http://${good}.evil.example/callback`,
    `http://${good}%2f@${bad}/callback`,
    `http://user@${good}/callback`,
    `${router.url}/callback/../admin`,
    `${router.url}/callback/%2e%2e/admin`,
    `${router.url}/callback/..%2fadmin`,
    `${router.url}/callback/%2e%2e%2fadmin`,
    `${router.url}/callback/%252e%252e%252fadmin`,
    `${router.url}/callback/..;/admin`,
    `${router.url}/callback/a%0d%0ab`,
    `${router.url}/callbacks`,
    `${router.url}/`,
    `//${bad}/callback`,
    `\\\\${bad}\\callback`,
    'http://169.254.169.254/callback',
    'http://[::1]/callback',
    'http://0x7f.1/callback',
    'file:///callback',
    'callback',
    '',
    `${router.url}/callback`.replace('http', 'https'),
  ]) // prettier-ignore
  {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        query: 'subscription { twinningChanged { kind } }',
        extensions: { subscription: { callbackUrl, subscriptionId: '1', verifier: 'v' } },
      }),
    })
    assert.equal(response.status, 400, callbackUrl)
    const { errors } = (await response.json()) as { errors: { message: string }[] }
    assert.equal(errors[0]?.message, 'the callback URL is none of those that are allowed here', callbackUrl)
  }

  assert.equal(elsewhere.connections(), 0)
  assert.deepEqual(router.requests, [])
})
