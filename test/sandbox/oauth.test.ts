import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  activate,
  call,
  listOf,
  phone,
  read,
  request,
  send,
  startPair,
  tablet,
  twin,
  watch,
} from './support.ts'
import type { Answer } from './support.ts'
import type { Operator } from '../../src/sandbox/operator.ts'

function askToken(
  operator: Operator,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send('POST', operator.tokenUrl, String(new URLSearchParams(form)), {
    'content-type': 'application/x-www-form-urlencoded',
    ...headers,
  })
}

function basic({ clientId, clientSecret }: Operator['client']): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` }
}

function tokenIn({ text }: Answer): string {
  return (JSON.parse(text) as { access_token: string }).access_token
}

test("an authCode buys tokens from the Primary's operator exactly once", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { secondary } = await twin(alpha, beta, watch)
  const form = { grant_type: 'authorization_code', code: secondary.authCode ?? '' }

  const first = await askToken(alpha, form)
  const second = await askToken(alpha, form)

  const { access_token, refresh_token, ...rest } = JSON.parse(first.text) as Record<string, string>
  assert.equal(first.status, 200)
  assert.equal(first.headers.get('cache-control'), 'no-store')
  assert.match(access_token ?? '', /^[\w-]{32}$/)
  assert.match(refresh_token ?? '', /^[\w-]{32}$/)
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600 })
  assert.equal(second.status, 400)
  assert.deepEqual(second.body, { error: 'invalid_grant' })
})

test("an authCode is nothing to the Secondary's operator", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { secondary } = await twin(alpha, beta, watch)

  const { body } = await askToken(beta, { grant_type: 'authorization_code', code: secondary.authCode ?? '' })

  assert.deepEqual(body, { error: 'invalid_grant' })
})

test('an authCode that was not used dies with the toggle to Off, by either side, and with DELETE', async (t) => {
  const { alpha, beta } = await startPair(t)

  for (const end of ['primary Off', 'secondary Off', 'primary DELETE', 'secondary DELETE']) {
    const ends = await twin(alpha, beta, watch)
    const { authCode = '' } = ends.secondary
    const [side, how] = end.split(' ')
    const { resourceURL } = side === 'primary' ? ends.primary : ends.secondary
    if (how === 'Off') await call('PUT', resourceURL, { ...(await read(resourceURL)), twinningStatus: 'Off' })
    else await call('DELETE', resourceURL)

    const { body } = await askToken(alpha, { grant_type: 'authorization_code', code: authCode })

    assert.deepEqual(body, { error: 'invalid_grant' }, end)
  }
})

test('the authCode of an activation that was undone is void', async (t) => {
  const { alpha, beta } = await startPair(t)
  beta.faults.add({ match: { method: 'PUT' }, status: 503 })
  const put = beta.nextRequest(({ method }) => method === 'PUT')
  const { activationCode } = await request(beta, watch)
  await activate(alpha, phone, activationCode)
  const sent = ((await put).body as Answer['body']).twinning.authCode ?? ''

  const { body } = await askToken(alpha, { grant_type: 'authorization_code', code: sent })

  assert.match(sent, /^[\w-]{32}$/)
  assert.deepEqual(body, { error: 'invalid_grant' })
})

test('client_credentials give a token that the Twinning API accepts until it expires', async (t) => {
  let now = 0
  const { alpha } = await startPair(t, {
    settings: { auth: 'required', accessTokenTtlS: 60 },
    now: () => now,
  })
  const { clientId, clientSecret } = alpha.client

  const inForm = await askToken(alpha, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })
  const inHeader = await askToken(alpha, { grant_type: 'client_credentials' }, basic(alpha.client))
  const list = (answer: Answer): Promise<Answer> =>
    call('GET', listOf(alpha, phone), undefined, { authorization: `Bearer ${tokenIn(answer)}` })

  assert.equal((JSON.parse(inForm.text) as { expires_in: number }).expires_in, 60)
  assert.equal((await list(inForm)).status, 200)
  assert.equal((await list(inHeader)).status, 200)
  now = 60_000
  assert.equal((await list(inForm)).status, 401)
})

test('a token bought with an authCode does not open the Twinning API', async (t) => {
  const { alpha } = await startPair(t)
  const { secondary } = await twin(alpha, alpha, tablet)
  const bought = await askToken(alpha, { grant_type: 'authorization_code', code: secondary.authCode ?? '' })
  alpha.settings.auth = 'required'

  const { status } = await call('GET', listOf(alpha, phone), undefined, {
    authorization: `Bearer ${tokenIn(bought)}`,
  })

  assert.equal(status, 401)
})

test('the token endpoint refuses in the words of RFC 6749', async (t) => {
  const { alpha } = await startPair(t)
  const { clientId } = alpha.client

  const wrongSecret = await askToken(
    alpha,
    { grant_type: 'client_credentials' },
    basic({ clientId, clientSecret: 'no' }),
  )
  const password = await askToken(alpha, { grant_type: 'password' })
  const nothing = await askToken(alpha, {})
  const codeless = await askToken(alpha, { grant_type: 'authorization_code' })
  const json = await askToken(alpha, {}, { 'content-type': 'application/json' })
  const get = await send('GET', alpha.tokenUrl)

  assert.deepEqual([wrongSecret.status, wrongSecret.body], [401, { error: 'invalid_client' }])
  assert.deepEqual([password.status, password.body], [400, { error: 'unsupported_grant_type' }])
  for (const { status, body } of [nothing, codeless, json]) {
    assert.deepEqual([status, body], [400, { error: 'invalid_request' }])
  }
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST'])
})
