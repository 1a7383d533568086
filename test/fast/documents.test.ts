// Queries whose documents are known are executed in front of the HTTP framework and Apollo Server, and nobody may notice.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { listen, type Reports } from '../../src/telemetry/channels.ts'
import { phone, watch } from '../support/gateway.ts'
import { idsFrom, requests, tokensOf } from './requests.ts'
import { startBoth } from './support.ts'

// Then nothing is at hand any more but the documents, and the callers for a minute.
const lifetimeS = 3

async function startForgetful(...args: Parameters<typeof startBoth>) {
  const both = await startBoth(...args)
  const { alpha, beta } = both.fast.sandbox.operators
  for (const operator of [alpha, beta])
    operator.settings.cacheControl = `max-age=${lifetimeS}, must-revalidate`
  return { ...both, forget: () => both.pass(lifetimeS * 1000) }
}

const one = `query One($id: ID!, $mail: Boolean = true) { twinning(id: $id) { id name ownAddress
  ... on SecondaryTwinning { voicemailAccess @include(if: $mail) { address } } } }`
const list = `query ($a: DeviceAddress, $n: Int) { twinningDevice(address: $a) { twinnings(first: $n) { nodes { id name } } } }`

test('every request, of every caller, with nothing at hand but its document', async (t) => {
  const both = await startForgetful(t)
  const ids = await idsFrom(both)
  const tokens = await tokensOf(both)

  for (const round of [1, 2, 3])
    for (const [who, token] of tokens)
      for (const [what, request] of Object.entries(requests(ids))) {
        await both.ask(token, request, {}, `${round}: ${who}, ${what}`)
        both.forget()
      }

  assert.ok(both.executions() > 100)
})

test('bodies that only look alike are told apart', async (t) => {
  const both = await startForgetful(t)
  const [id, other] = await idsFrom(both)
  const token = await both.fast.token('twinning:read twinning:voicemail', watch)
  const good = { query: one, variables: { id } }
  const text = (more: string) => `{"query":${JSON.stringify(one)},"variables":{"id":"${id}"}${more}}`
  await both.ask(token, good)
  both.forget()

  for (const body of [
    good,
    { ...good, operationName: 'One' },
    { ...good, operationName: null },
    { ...good, operationName: '' },
    { ...good, operationName: 'Other' },
    { ...good, operationName: 1 },
    { ...good, extensions: null },
    { ...good, extensions: { clientLibrary: { name: 'client', version: '1' } } },
    { ...good, extensions: { persistedQuery: { version: 1, sha256Hash: 'nonsense' } } },
    { ...good, extensions: { persistedQuery: null } },
    { ...good, extensions: [] },
    { ...good, extensions: 'text' },
    { ...good, documentId: 'nonsense' },
    { ...good, documentId: null },
    { ...good, id: 1, more: 'of what nobody reads' },
    { ...good, variables: null },
    { ...good, variables: [] },
    { ...good, variables: 'text' },
    { ...good, variables: { id, mail: false } },
    { ...good, variables: { id, mail: null } },
    { ...good, variables: { id, mail: 'yes' } },
    { ...good, variables: { id: other, mail: true } },
    { ...good, variables: { id: 17 } },
    { ...good, variables: { id: [id] } },
    { ...good, variables: { id: null } },
    { ...good, variables: { id, more: { list: [1, 2, 3] } } },
    { ...good, variables: { ...good.variables, more: Array.from({ length: 2000 }, () => 1) } },
    { query: ` ${one}`, variables: { id } },
    { query: '', variables: { id } },
    { query: null, variables: { id } },
    { query: [one], variables: { id } },
    [good],
    text(',"__proto__":{"operationName":"Other"}'),
    text(',"\\u005f_proto__":{}'),
    text(',"constructor":{"prototype":{}}'),
    text(',"extensions":{"__proto__":{}}'),
    text(',"variables":{"id":"nonsense"}'),
    `\ufeff${text('')}`,
    `${text('')} `,
    `${text('')}}`,
  ])
    for (let times = 0; times < 2; times++) {
      await both.ask(token, body, {}, JSON.stringify(body).slice(0, 400))
      both.forget()
    }

  assert.ok(both.executions() > 15)
})

test('what operators get wrong is told in the same words, and asked for as often', async (t) => {
  const both = await startForgetful(t, { CACHE_STALE_S: '0' })
  const [id, , p1] = await idsFrom(both)
  const { alpha, beta } = both.fast.sandbox.operators
  const portal = await both.fast.token('twinning:read:any twinning:voicemail')
  const analyst = await both.fast.token('twinning:analytics')
  const asked = [
    { query: one, variables: { id } },
    { query: list, variables: { a: phone, n: 5 } },
    { query: list, variables: { a: watch, n: -1 } },
    { query: list, variables: { a: 'tel:+15559999' } },
    {
      query: 'query ($ids: [ID!]!) { twinnings(ids: $ids) { id name } }',
      variables: { ids: [id, 'nonsense', p1] },
    },
  ]
  for (const token of [portal, analyst]) for (const request of asked) await both.ask(token, request)

  for (const fault of [
    { status: 404, headers: { 'cache-control': `max-age=${lifetimeS}` } },
    {
      status: 403,
      body: { requestError: { policyException: { messageId: 'POL0001', text: `not ${watch}` } } },
    },
    { status: 500 },
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 200, body: { twinning: 'nonsense' } },
    { reset: true },
    { truncate: true as const },
    undefined,
  ]) {
    both.forget()
    for (const operator of [alpha, beta]) if (fault) operator.faults.add(fault)
    for (const token of [portal, analyst])
      for (const request of asked) {
        const calls = { fast: 0, slow: 0 }
        for (const who of ['fast', 'slow'] as const) {
          for (const operator of [alpha, beta]) operator.clearRequests()
          await both[who].query(token, request.query, request.variables)
          calls[who] = alpha.requests().length + beta.requests().length
          both.forget()
        }
        await both.ask(token, request, {}, JSON.stringify([fault, request]))
        both.forget()
        // One that is tried again waits a while: the other may meet it at another moment.
        if (fault?.status !== 429) assert.equal(calls.fast, calls.slow, JSON.stringify([fault, request]))
      }
    for (const operator of [alpha, beta]) operator.faults.clear()
  }

  assert.ok(both.executions() > 30)
})

// All but how long it took, and that it was the fast path.
const reported = [
  'http.request',
  'upstream.request',
  'cache.read',
  'operation.cost',
  'limit.exceeded',
  'document.untrusted',
  'rate.refused',
  'error.unexpected',
] as const satisfies readonly (keyof Reports)[]

/** What one gateway tells of one request. */
async function toldOf(ask: () => Promise<unknown>): Promise<string[]> {
  const told: string[] = []
  const stops = reported.map((name) =>
    listen(name, (payload) => told.push(JSON.stringify({ name, ...payload, ms: undefined }))),
  )
  await ask()
  // The last is told when the answer is on its way.
  for (let n = 0; n < 5; n++) await turn()
  for (const stop of stops) stop()
  return told.toSorted()
}

test('metrics and limits are those of execution', async (t) => {
  for (const environment of [
    {},
    { LIMIT_MODE: 'measure', LIMIT_DEPTH: '2', LIMIT_LIST_LENGTH: '2' },
    { COST_MAX: '9' },
    { COST_MAX: '9', COST_MODE: 'measure' },
    { LIMIT_UPSTREAM_CALLS: '1' },
    { RATE_LIMIT: '150' },
  ] as Record<string, string>[]) {
    const both = await startForgetful(t, environment)
    const ids = await idsFrom({ fast: await both.fast.another({ FAST_PATH: 'off', COST_MAX: '1000', LIMIT_UPSTREAM_CALLS: '100', LIMIT_MODE: 'enforce', LIMIT_DEPTH: '10', LIMIT_LIST_LENGTH: '100' }) }) // prettier-ignore
    const token = await both.fast.token('twinning:read:any twinning:voicemail')
    const asked = [
      { query: '{ twinning(id: "nonsense") { id } }' },
      { query: one, variables: { id: ids[0] } },
      { query: list, variables: { a: phone, n: 1 } },
      { query: list, variables: { a: phone, n: 10 } },
      { query: 'query ($ids: [ID!]!) { twinnings(ids: $ids) { id name } }', variables: { ids } },
    ]
    for (let round = 0; round < 4; round++)
      for (const { query, variables } of asked) {
        const [fast, slow] = [
          await toldOf(() => both.fast.query(token, query, variables)),
          await toldOf(() => both.slow.query(token, query, variables)),
        ]
        assert.deepEqual({ environment, query, told: fast }, { environment, query, told: slow })
        await both.ask(token, { query, variables }, {}, JSON.stringify({ environment, query }))
        both.forget()
      }
    assert.ok(both.executions() >= 3, JSON.stringify(environment))
    t.mock.timers.reset()
  }
})

test('who may not, or has asked too much, is told so all the same', async (t) => {
  const both = await startForgetful(t, { RATE_LIMIT: '12' })
  const [id] = await idsFrom(both)
  const token = await both.fast.token('twinning:read twinning:voicemail', watch)
  const statuses: number[] = []

  for (let n = 0; n < 12; n++) {
    statuses.push((await both.ask(token, { query: one, variables: { id } }, {}, String(n))).status)
    both.pass(300)
  }

  assert.ok(statuses.includes(200) && statuses.includes(429), String(statuses))
})

test('who has not been here before is answered no less', async (t) => {
  const both = await startForgetful(t)
  const [id] = await idsFrom(both)
  const asked = { query: one, variables: { id } }
  const exp = Math.floor(Date.now() / 1000)
  const tokens = ['a', 'b', 'c'].map((jti) => both.fast.token('twinning:read', watch, { jti }))
  for (const token of await Promise.all(tokens)) {
    await both.ask(token, asked)
    both.forget()
  }
  assert.equal(both.executions(), 2)

  const refused = [
    await both.fast.token('twinning:read', watch, { exp }),
    `${await both.fast.token('twinning:read', watch)}x`,
    'nonsense',
    '',
  ]
  for (const token of refused) {
    const { status, headers } = await both.ask(token, asked)
    assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer'])
  }
  assert.equal(both.executions(), 0)
})

test('documents that are not trusted are told of each time', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'trusted-')), 'documents.json')
  writeFileSync(file, '{}')
  const both = await startForgetful(t, { TRUSTED_DOCUMENTS: file, TRUSTED_DOCUMENTS_MODE: 'prefer' })
  const token = await both.fast.token('twinning:read', watch)
  let told = 0
  t.after(listen('document.untrusted', () => (told += 1)))

  for (let n = 0; n < 3; n++) {
    await both.ask(token, { query: list, variables: { a: watch } })
    both.forget()
  }

  assert.equal(both.executions(), 2)
  assert.equal(told, 6)
})
