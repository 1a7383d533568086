// Queries whose documents are known are executed in front of the HTTP framework and Apollo Server, and nobody may notice.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setImmediate as turn, setTimeout } from 'node:timers/promises'
import { listen, type Reports } from '../../src/telemetry/channels.ts'
import { phone, watch } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { idsFrom, requests, tokensOf } from './requests.ts'
import { seenOf, startBoth } from './support.ts'

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
const entities = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name otherDevice { address } } } }`
const references = (ids: readonly (string | undefined)[]) => ({
  r: ids.map((id) => ({ __typename: 'Twinning', id })),
})
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

const faults = [
  { status: 404, headers: { 'cache-control': `max-age=${lifetimeS}` } },
  {
    status: 403,
    body: { requestError: { policyException: { messageId: 'POL0001', text: `not ${watch}` } } },
  },
  { status: 500 },
  { status: 200, body: { twinning: 'nonsense' }, headers: { 'cache-control': 'no-store' } },
  { headers: { 'cache-control': 'no-store' } },
  { reset: true },
  { truncate: true as const },
]

test('what operators get wrong is told in the same words, and asked for as often', async (t) => {
  let executions = 0
  for (const scope of ['twinning:read:any twinning:voicemail', 'twinning:analytics'])
    for (const fault of faults) {
      // Others each time: an operator that fails again and again is left alone for a while.
      const both = await startForgetful(t, { CACHE_STALE_S: '0' })
      const { fast, slow, forget } = both
      const [id, , p1] = await idsFrom(both)
      const { alpha, beta } = fast.sandbox.operators
      const token = await fast.token(scope)
      const asked = [
        { query: one, variables: { id } },
        { query: list, variables: { a: phone, n: 5 } },
        {
          query: 'query ($ids: [ID!]!) { twinnings(ids: $ids) { id name } }',
          variables: { ids: [id, 'nonsense', p1] },
        },
        { query: entities, variables: references([id, p1]) },
        { query: entities, variables: references([p1, 'nonsense', id, p1]) },
      ]
      for (const request of asked) await both.ask(token, request)

      for (const operator of [alpha, beta]) operator.faults.add(fault)
      for (const request of asked) {
        forget()
        const seen = []
        for (const { url } of [fast, slow]) {
          for (const operator of [alpha, beta]) operator.clearRequests()
          const answer = await seenOf(url, token, request)
          seen.push({ fault, request, ...answer, calls: [alpha, beta].map((one) => one.requests().length) })
        }
        assert.deepEqual(seen[0], seen[1])
      }
      executions += both.executions() + both.hits()
      t.mock.timers.reset()
    }

  assert.ok(executions > 80)
})

// All but how long it took, and that it was the fast path.
const reported = [
  'http.request',
  'upstream.request',
  'operation.cost',
  'limit.exceeded',
  'document.untrusted',
  'rate.refused',
  'error.unexpected',
] as const satisfies readonly (keyof Reports)[]

/** What one gateway tells of one request. */
async function toldOf(ask: () => Promise<unknown>): Promise<string[]> {
  const told: string[] = []
  const reads = { memory: 0, redis: 0, none: 0 }
  const stops = [
    ...reported.map((name) =>
      listen(name, (payload) => told.push(JSON.stringify({ name, ...payload, ms: undefined }))),
    ),
    // In several parts where some was at hand.
    listen('cache.read', ({ tier, count }) => (reads[tier] += count)),
  ]
  await ask()
  // The last is told when the answer is on its way.
  for (let n = 0; n < 5; n++) await turn()
  for (const stop of stops) stop()
  return [...told.toSorted(), JSON.stringify(reads)]
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
      { query: entities, variables: references(ids) },
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

test('for a client that goes nothing is asked any more, and nothing told', async (t) => {
  const { fast, forget, ask } = await startForgetful(t)
  const [id, , p1] = await idsFrom({ fast })
  const { alpha, beta } = fast.sandbox.operators
  const token = await fast.token('twinning:read:any')
  let told = 0
  t.after(listen('http.request', () => (told += 1)))

  for (const request of [
    { query: one, variables: { id, mail: false } },
    { query: entities, variables: references([id, p1]) },
  ]) {
    await ask(token, request)
    forget()
    for (const operator of [alpha, beta]) {
      operator.clearRequests()
      operator.faults.add({ hang: true })
    }
    const client = new AbortController()
    const asked = fetch(`${fast.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(request),
      signal: client.signal,
    })
    const requests = () => alpha.requests().length + beta.requests().length
    await until('an operator is asked', () => requests() > 0)
    const before = requests()
    told = 0

    client.abort()
    await assert.rejects(asked)
    await setTimeout(200)

    assert.deepEqual([requests(), told], [before, 0])
    for (const operator of [alpha, beta]) operator.faults.clear()
  }
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
