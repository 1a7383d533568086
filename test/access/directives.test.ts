import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { graphql, parse, subscribe, type DocumentNode, type ExecutionResult } from 'graphql'
import { nobody, type Principal } from '../../src/auth/policy.ts'
import { GatewayError } from '../../src/errors.ts'
import { enforceAuthorization } from '../../src/graphql/authorization.ts'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { failures, idOf, pathOf } from './support.ts'

const id = idOf('beta', watch, 'tw1')

async function start(t: TestContext) {
  const gateway = await startGateway(t)
  const { alpha, beta } = gateway.sandbox.operators
  beta.seed({ id: 'tw1', ownAddress: watch, otherDevice: { address: phone } })
  alpha.seed({
    role: 'Primary',
    ownAddress: phone,
    otherDevice: { address: watch },
    primaryDeviceVMAddress: 'tel:+15550999',
  })
  return gateway
}

// Every way to one field: the selection, the path of its refusal, and what reading the twinning itself costs.
const one = `GET ${pathOf(watch, 'tw1')}`
const list = `GET ${pathOf(watch)}`
const ways: [string, string, (string | number)[], string][] = [
  [
    'by its name',
    `{ twinning(id: "${id}") { ... on SecondaryTwinning { voicemailAccess { address } } } }`,
    ['twinning', 'voicemailAccess'],
    one,
  ],
  [
    'by an alias',
    `{ mine: twinning(id: "${id}") { ... on SecondaryTwinning { ownAddress: voicemailAccess { address } } } }`,
    ['mine', 'ownAddress'],
    one,
  ],
  [
    'by a named fragment',
    `{ twinning(id: "${id}") { ...f } } fragment f on SecondaryTwinning { ...g } fragment g on SecondaryTwinning { voicemailAccess { address } }`,
    ['twinning', 'voicemailAccess'],
    one,
  ],
  [
    'by a fragment on the interface',
    `{ twinning(id: "${id}") { ... on Twinning { ... on SecondaryTwinning { voicemailAccess { address } } } } }`,
    ['twinning', 'voicemailAccess'],
    one,
  ],
  [
    'by a directive that lets it in',
    `query { twinning(id: "${id}") { ... on SecondaryTwinning @include(if: true) { voicemailAccess @skip(if: false) { __typename } } } }`,
    ['twinning', 'voicemailAccess'],
    one,
  ],
  [
    'by a list of ids',
    `{ twinnings(ids: ["${id}"]) { ... on SecondaryTwinning { voicemailAccess { address } } } }`,
    ['twinnings', 0, 'voicemailAccess'],
    one,
  ],
  [
    "by the device's list",
    '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { voicemailAccess { address } } } } } }',
    ['twinningDevice', 'twinnings', 'nodes', 0, 'voicemailAccess'],
    list,
  ],
  [
    "by the device's edges",
    '{ twinningDevice { twinnings { edges { node { ... on SecondaryTwinning { voicemailAccess { address } } } } } } }',
    ['twinningDevice', 'twinnings', 'edges', 0, 'node', 'voicemailAccess'],
    list,
  ],
  [
    'by _entities and the name of its type',
    `{ _entities(representations: [{__typename: "SecondaryTwinning", id: "${id}"}]) { ... on SecondaryTwinning { voicemailAccess { address } } } }`,
    ['_entities', 0, 'voicemailAccess'],
    one,
  ],
  [
    'by _entities and the name of the interface',
    `{ _entities(representations: [{__typename: "Twinning", id: "${id}"}]) { ... on Twinning { ... on SecondaryTwinning { voicemailAccess { address } } } } }`,
    ['_entities', 0, 'voicemailAccess'],
    one,
  ],
  [
    'by a Device of _entities',
    `{ _entities(representations: [{__typename: "Device", address: "${watch}"}]) { ... on Device { twinnings { nodes { ... on SecondaryTwinning { voicemailAccess { address } } } } } } }`,
    ['_entities', 0, 'twinnings', 'nodes', 0, 'voicemailAccess'],
    list,
  ],
]

for (const [way, document, path, read] of ways)
  test(`voicemailAccess reached ${way} is refused without its scope, and costs nothing`, async (t) => {
    const { query, token, sandbox } = await start(t)

    const refused = await query(await token('twinning:read', watch), document)
    const cost = upstreamTraffic(sandbox)
    const granted = await query(await token('twinning:read twinning:voicemail', watch), document)

    assert.deepEqual(failures(refused), [{ code: 'FORBIDDEN', path }])
    assert.deepEqual(cost, [read])
    assert.deepEqual(granted.errors, [])
  })

test('twinningStatistics is refused under an alias and in a fragment too', async (t) => {
  const { query, token, sandbox } = await start(t)

  const answer = await query(
    await token('twinning:read:any', watch),
    `{ twinning: twinningStatistics(addresses: ["${watch}"]) { devices } ... on Query { ...f } }
     fragment f on Query { twinningStatistics(addresses: ["${watch}"]) { devices } }`,
  )

  assert.deepEqual(answer.data, { twinning: null, twinningStatistics: null })
  assert.deepEqual(failures(answer), [
    { code: 'FORBIDDEN', path: ['twinning'] },
    { code: 'FORBIDDEN', path: ['twinningStatistics'] },
  ])
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('a Primary twinning that is referred to as a Secondary answers nothing', async (t) => {
  const { query, token, sandbox } = await start(t)
  sandbox.operators.alpha.seed({
    id: 'tw9',
    role: 'Primary',
    ownAddress: phone,
    primaryDeviceVMAddress: 'tel:+15550999',
  })
  clearTraffic(sandbox)

  const { data, errors } = await query(
    await token('twinning:read:any twinning:voicemail'),
    `{ _entities(representations: [{__typename: "SecondaryTwinning", id: "${idOf('alpha', phone, 'tw9')}"}]) { ... on SecondaryTwinning { voicemailAccess { address } } } }`,
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data, { _entities: [null] })
})

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@authenticated", "@requiresScopes"])'

type Resolvers = Exclude<
  Extract<Parameters<typeof buildSubgraphSchema>[0], unknown[]>[number],
  DocumentNode
>['resolvers']

/** A small schema of its own, built and guarded as the gateway's is. */
function guarded(sdl: string, resolvers: NonNullable<Resolvers> = {}, linked = link) {
  return enforceAuthorization(buildSubgraphSchema([{ typeDefs: parse(`${linked} ${sdl}`), resolvers }]))
}

function caller(scopes: string | undefined, more: Partial<Principal> = {}): Principal {
  return scopes === undefined
    ? nobody
    : {
        ...nobody,
        token: 'token',
        scopes: new Set(scopes.split(' ').filter((scope) => scope !== '')),
        ...more,
      }
}

function outcome({ data, errors = [] }: ExecutionResult) {
  return {
    data: data && (JSON.parse(JSON.stringify(data)) as unknown),
    errors: errors.map(({ originalError, path }) => [
      originalError instanceof GatewayError ? originalError.code : originalError,
      path?.join('.'),
    ]),
  }
}

/** Asks a schema whose fields all answer, and counts which of them did. */
async function run(sdl: string, source: string, principal: Principal, values: Record<string, unknown> = {}) {
  const asked: string[] = []
  const answers = (name: string) => () => {
    asked.push(name)
    return name in values ? values[name] : name
  }
  const schema = guarded(sdl, {
    Query: { open: answers('open'), closed: answers('closed'), thing: answers('thing') },
  })
  const result = outcome(await graphql({ schema, source, contextValue: { principal } }))
  return { ...result, asked }
}

const anyOf = '[["a", "b"], ["c"]]'
for (const [scopes, allowed] of [
  ['a b', true],
  ['b a d', true],
  ['c', true],
  ['a b c', true],
  ['a', false],
  ['b', false],
  ['a d', false],
  ['', false],
  ['ab', false],
  ['A B', false],
] as const)
  test(`@requiresScopes(scopes: ${anyOf}) ${allowed ? 'admits' : 'refuses'} "${scopes}"`, async () => {
    const sdl = `type Query { open: String closed: String @requiresScopes(scopes: ${anyOf}) }`

    const result = await run(sdl, '{ open closed }', caller(scopes))

    assert.deepEqual(
      result,
      allowed
        ? { data: { open: 'open', closed: 'closed' }, errors: [], asked: ['open', 'closed'] }
        : { data: { open: 'open', closed: null }, errors: [['FORBIDDEN', 'closed']], asked: ['open'] },
    )
  })

test('a refusal says which scopes would do', async () => {
  const schema = guarded(`type Query { closed: String @requiresScopes(scopes: ${anyOf}) }`)

  const { errors } = await graphql({ schema, source: '{ closed }', contextValue: { principal: caller('a') } })

  assert.deepEqual(
    errors?.map(({ message }) => message),
    ['the access token lacks the scope a and b, or c'],
  )
})

test('@requiresScopes without an alternative admits nobody', async () => {
  const sdl = 'type Query { closed: String @requiresScopes(scopes: []) }'

  const result = await run(sdl, '{ closed }', caller('a'))

  assert.deepEqual(result, { data: { closed: null }, errors: [['FORBIDDEN', 'closed']], asked: [] })
})

test('AUTH=off passes every directive', async () => {
  const sdl = `type Query { open: String @authenticated closed: String @requiresScopes(scopes: ${anyOf}) }`

  const result = await run(sdl, '{ open closed }', { ...nobody, everything: true })

  assert.deepEqual(result, {
    data: { open: 'open', closed: 'closed' },
    errors: [],
    asked: ['open', 'closed'],
  })
})

test('@authenticated admits whoever has a valid token, and nobody else', async () => {
  const sdl = 'type Query { open: String closed: String @authenticated }'

  const somebody = await run(sdl, '{ open closed }', caller(''))
  const none = await run(sdl, '{ open closed }', caller(undefined))

  assert.deepEqual(somebody, {
    data: { open: 'open', closed: 'closed' },
    errors: [],
    asked: ['open', 'closed'],
  })
  assert.deepEqual(none, {
    data: { open: 'open', closed: null },
    errors: [['UNAUTHENTICATED', 'closed']],
    asked: ['open'],
  })
})

test('both directives on one field must both be met', async () => {
  const sdl = 'type Query { closed: String @authenticated @requiresScopes(scopes: [["a"]]) }'

  assert.deepEqual((await run(sdl, '{ closed }', caller(undefined))).errors, [['UNAUTHENTICATED', 'closed']])
  assert.deepEqual((await run(sdl, '{ closed }', caller('b'))).errors, [['FORBIDDEN', 'closed']])
  assert.deepEqual((await run(sdl, '{ closed }', caller('a'))).data, { closed: 'closed' })
})

const scoped = '@requiresScopes(scopes: [["a"]])'
// Where else a directive may stand, and so guard `closed` or, with it, `thing`.
for (const [where, sdl, guardsThing] of [
  ['on the type that a field answers', `type Thing ${scoped} { closed: String }`, true],
  ['on an extension of that type', `type Thing { closed: String } extend type Thing ${scoped}`, true],
  [
    'on a field of an extension',
    `type Thing { open: String } extend type Thing { closed: String ${scoped} }`,
    false,
  ],
  ['on a scalar', `scalar Secret ${scoped} type Thing { closed: Secret }`, false],
  ['on an enum', `enum Secret ${scoped} { VALUE } type Thing { closed: Secret }`, false],
  [
    'on a field of an interface',
    `interface I { closed: String ${scoped} } type Thing implements I { closed: String }`,
    false,
  ],
  [
    'on an interface',
    `interface I ${scoped} { closed: String } type Thing implements I { closed: String }`,
    false,
  ],
  [
    'under its full name',
    'type Thing { closed: String @federation__requiresScopes(scopes: [["a"]]) }',
    false,
  ],
] as const)
  test(`a directive ${where} guards it`, async () => {
    const linked = where === 'under its full name' ? link.replace(', "@requiresScopes"', '') : link
    const resolvers = { Query: { thing: () => ({ closed: 'VALUE' }) } }
    const schema = guarded(`${sdl} type Query { thing: Thing }`, resolvers, linked)
    const build = (principal: Principal) =>
      graphql({ schema, source: '{ thing { closed } }', contextValue: { principal } })

    const refused = outcome(await build(caller('b')))
    const granted = outcome(await build(caller('a')))

    assert.deepEqual(
      refused,
      guardsThing
        ? { data: { thing: null }, errors: [['FORBIDDEN', 'thing']] }
        : { data: { thing: { closed: null } }, errors: [['FORBIDDEN', 'thing.closed']] },
    )
    assert.deepEqual(granted, { data: { thing: { closed: 'VALUE' } }, errors: [] })
  })

test('a type that is reached through an interface or by _entities is guarded by its own directive', async () => {
  const schema = guarded(
    `interface I @key(fields: "id") { id: ID! }
     type Thing implements I @key(fields: "id") ${scoped} { id: ID! closed: String }
     type Query { any: I }`,
    {
      Query: { any: () => ({ __typename: 'Thing', id: '1', closed: 'closed' }) },
      I: { __resolveType: () => 'Thing', __resolveReference: () => ({ id: '1', closed: 'closed' }) },
      Thing: { __resolveReference: () => ({ id: '1', closed: 'closed' }) },
    },
  )
  const ask = async (source: string) =>
    outcome(await graphql({ schema, source, contextValue: { principal: caller('b') } }))

  assert.deepEqual(await ask('{ any { ... on Thing { closed } } }'), {
    data: { any: { closed: null } },
    errors: [['FORBIDDEN', 'any.closed']],
  })
  for (const name of ['Thing', 'I'])
    assert.deepEqual(
      await ask(
        `{ _entities(representations: [{__typename: "${name}", id: "1"}]) { ... on Thing { closed } } }`,
      ),
      { data: { _entities: [{ closed: null }] }, errors: [['FORBIDDEN', '_entities.0.closed']] },
    )
})

test('a guarded subscription is refused before anything is subscribed to', async () => {
  let subscribed = 0
  const schema = guarded(`type Query { open: String } type Subscription { closed: String ${scoped} }`, {
    Subscription: {
      closed: {
        subscribe: async function* () {
          subscribed += 1
          yield await Promise.resolve({ closed: 'closed' })
        },
      },
    },
  })
  const document = parse('subscription { closed }')

  const refused = await subscribe({ schema, document, contextValue: { principal: caller('b') } })
  const refusedAfter = subscribed
  const granted = await subscribe({ schema, document, contextValue: { principal: caller('a') } })

  assert.ok('errors' in refused)
  assert.deepEqual(outcome(refused), { data: undefined, errors: [['FORBIDDEN', 'closed']] })
  assert.equal(refusedAfter, 0)
  assert.ok(Symbol.asyncIterator in granted)
  const { value } = (await granted.next()) as IteratorYieldResult<ExecutionResult>
  assert.deepEqual(outcome(value), { data: { closed: 'closed' }, errors: [] })
})

for (const wrong of ['"a"', '["a"]', '[["a", 1]]'])
  test(`a schema with @requiresScopes(scopes: ${wrong}) does not start`, () => {
    assert.throws(() => guarded(`type Query { closed: String @requiresScopes(scopes: ${wrong}) }`))
  })
