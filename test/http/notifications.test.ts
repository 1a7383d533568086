import assert from 'node:assert/strict'
import test from 'node:test'
import { clearTraffic, startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'

const secret = 'notify-secret'
const nameQuery = '{ twinningDevice { twinnings { nodes { name } } } }'

function notify(
  { url }: Gateway,
  body: unknown,
  { operator = 'beta', authorization = `Bearer ${secret}`, type = 'application/json' } = {},
): Promise<Response> {
  return fetch(`${url}/notifications/${operator}`, {
    method: 'POST',
    headers: { 'content-type': type, ...(authorization && { authorization }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

function about({ sandbox }: Gateway, address = watch, operator: 'alpha' | 'beta' = 'beta') {
  const href = `${sandbox.operators[operator].serverRoot}/twinning/v1/${encodeURIComponent(address)}/twinnings/tw1`
  return { rel: 'Twinning', href }
}

const body = (link: unknown) => ({ twinningNotification: { callbackData: 'beta', link } })

function refusal(messageId: string, text: string, variables: string[] = []) {
  return { requestError: { serviceException: { messageId, text, variables } } }
}
const badToken = refusal('SVC2003', 'Invalid access token')
const invalid = (problem: string) => refusal('SVC0002', 'Invalid input value for message part %1', [problem])

/** The names of the watch's twinnings, as its owner reads them. */
async function namesAt(gateway: Gateway): Promise<string[]> {
  const { data } = await gateway.query(await gateway.token('twinning:read', watch), nameQuery)
  const { nodes } = data.twinningDevice.twinnings as { nodes: { name: string }[] }
  return nodes.map(({ name }) => name)
}

for (const { what, link } of [
  { what: 'a list of links', link: (gateway: Gateway) => [about(gateway)] },
  { what: 'one link that is no list', link: (gateway: Gateway) => about(gateway) },
  {
    what: 'a link among those of another rel',
    link: (gateway: Gateway) => [{ rel: 'Subscription', href: 'http://x.example/' }, about(gateway)],
  },
])
  test(`after a notification with ${what} the twinning and its list are read anew`, async (t) => {
    const gateway = await startGateway(t)
    const { beta } = gateway.sandbox.operators
    beta.seed({ ownAddress: watch, id: 'tw1', name: 'old' })
    assert.deepEqual(await namesAt(gateway), ['old'])
    beta.seed({ ownAddress: watch, id: 'tw1', name: 'new' })
    assert.deepEqual(await namesAt(gateway), ['old'])

    const response = await notify(gateway, body(link(gateway)))

    assert.deepEqual([response.status, await response.text()], [204, ''])
    assert.deepEqual(await namesAt(gateway), ['new'])
  })

test('a notification has evicted on every instance before it is answered', async (t) => {
  const redis = await startRedis(t)
  const one = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  const two = await one.another()
  const { beta } = one.sandbox.operators
  // Not once by chance: each round is a race that the eviction must win.
  for (let round = 0; round < 10; round++) {
    beta.seed({ ownAddress: watch, id: 'tw1', name: `name ${round}` })
    assert.equal((await notify(one, body(about(one)))).status, 204)

    assert.deepEqual(await namesAt(two), [`name ${round}`])
    assert.deepEqual(await namesAt(one), [`name ${round}`])
  }
})

test('a notification costs the operator nothing, and nobody else is read anew', async (t) => {
  const gateway = await startGateway(t)
  const { alpha, beta } = gateway.sandbox.operators
  alpha.seed({ ownAddress: 'tel:+15550100', id: 'tw1' })
  beta.seed({ ownAddress: watch, id: 'tw1', name: 'mine' })
  await namesAt(gateway)
  clearTraffic(gateway.sandbox)

  await notify(gateway, body(about(gateway, 'tel:+15550100', 'alpha')), { operator: 'alpha' })
  await namesAt(gateway)

  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})

for (const { what, authorization, operator } of [
  { what: 'a wrong secret', authorization: 'Bearer wrong', operator: 'beta' },
  { what: 'no secret', authorization: '', operator: 'beta' },
  { what: 'the secret in another scheme', authorization: `Basic ${secret}`, operator: 'beta' },
  { what: 'a wrong secret for an operator that is not there', authorization: 'Bearer wrong', operator: 'x' },
])
  for (const [form, sent] of [
    ['well-formed', undefined],
    ['malformed', '{'],
  ] as const)
    test(`${what} gets 401, with a ${form} body`, async (t) => {
      const gateway = await startGateway(t)

      const response = await notify(gateway, sent ?? body(about(gateway)), { authorization, operator })

      assert.deepEqual([response.status, await response.json()], [401, badToken])
      assert.equal(response.headers.get('www-authenticate'), 'Bearer')
    })

test('the scheme of the Authorization header is read in any case', async (t) => {
  const gateway = await startGateway(t)

  const response = await notify(gateway, body(about(gateway)), { authorization: `bearer ${secret}` })

  assert.equal(response.status, 204)
})

for (const operator of ['gamma', '__proto__', 'beta%20'])
  test(`an operator ${operator}, which is not there, gets 404`, async (t) => {
    const gateway = await startGateway(t)

    const response = await notify(gateway, body(about(gateway)), { operator })

    assert.deepEqual(
      [response.status, await response.json()],
      [404, refusal('SVC0004', 'No valid addresses provided in message part %1', ['operatorId'])],
    )
  })

for (const { what, sent, problem } of [
  {
    what: 'malformed JSON',
    sent: '{',
    problem: "Body is not valid JSON but content-type is set to 'application/json'",
  },
  {
    what: 'nothing',
    sent: '',
    problem: "Body cannot be empty when content-type is set to 'application/json'",
  },
  { what: 'a list', sent: [], problem: 'twinningNotification: expected an object, got nothing' },
  { what: 'a number', sent: '1', problem: 'twinningNotification: expected an object, got nothing' },
  {
    what: 'no link',
    sent: body(undefined),
    problem: 'twinningNotification.link: expected at least one link, got none',
  },
  {
    what: 'a link that leads nowhere',
    sent: body([{ rel: 'Twinning', href: 'http://x.example/y' }]),
    problem: 'twinningNotification.link[0].href: expected the resourceURL of a twinning',
  },
  {
    what: 'a link without an href',
    sent: body({ rel: 'Twinning' }),
    problem: 'twinningNotification.link[0].href: expected the resourceURL of a twinning',
  },
])
  test(`a body that holds ${what} gets 400 with a requestError`, async (t) => {
    const gateway = await startGateway(t)

    const response = await notify(gateway, sent)

    assert.deepEqual([response.status, await response.json()], [400, invalid(problem)])
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  })

test("an operator can't speak for a device of another", async (t) => {
  const gateway = await startGateway(t)

  const response = await notify(gateway, body([about(gateway, 'tel:+15550100')]))

  assert.deepEqual(
    [response.status, await response.json()],
    [400, invalid('twinningNotification.link[0].href: expected a twinning of this operator, got another')],
  )
})

for (const { what, sent, type, status, problem } of [
  {
    what: 'XML',
    sent: '<x/>',
    type: 'application/xml',
    status: 415,
    problem: 'Unsupported Media Type',
  },
  {
    what: 'more than 2 MiB',
    sent: JSON.stringify({ padding: 'x'.repeat(2 * 1024 * 1024) }),
    type: 'application/json',
    status: 413,
    problem: 'Request body is too large',
  },
])
  test(`a notification of ${what} gets ${status} with a requestError`, async (t) => {
    const gateway = await startGateway(t)

    const response = await notify(gateway, sent, { type })

    assert.deepEqual([response.status, await response.json()], [status, invalid(problem)])
  })

test('without NOTIFY_SECRET there are no notifications', async (t) => {
  const gateway = await startGateway(t, { environment: { NOTIFY_SECRET: '' } })

  const { status } = await notify(gateway, body(about(gateway)))

  assert.equal(status, 404)
})
