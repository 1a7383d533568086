import assert from 'node:assert/strict'
import test from 'node:test'
import { parse, getOperationAST } from 'graphql'
import { createEstimateCost, type Cost } from '../../src/graphql/cost/estimate.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { learnIds, seedMany } from '../support/twinnings.ts'

const estimateCost = createEstimateCost(createSchema('full'))

function costOf(source: string, variables: Record<string, unknown> = {}): number {
  return estimate(source, variables).cost
}

function estimate(source: string, variables: Record<string, unknown> = {}): Cost {
  const document = parse(source)
  const operation = getOperationAST(document)
  assert.ok(operation)
  return estimateCost({ document, operation, variables })
}

const ids = (count: number) => Array.from({ length: count }, (_, i) => `id-${i}`)

// A weight stands for: 1 an object in the answer, 5 what may be read of an operator, 10 a change.
for (const [what, source, variables, expected] of [
  ['leaves cost nothing', '{ twinning(id: "x") { id role name } }', {}, 5],
  ['an object costs 1', '{ twinning(id: "x") { ownDevice { address } } }', {}, 5 + 1],
  ['ids count one by one', 'query ($i: [ID!]!) { twinnings(ids: $i) { id } }', { i: ids(7) }, 7 * 5],
  ['what is in each of them counts as often', 'query ($i: [ID!]!) { twinnings(ids: $i) { ownDevice { address } } }', { i: ids(7) }, 7 * 6], // prettier-ignore
  ['ids beyond what is answered cost no more', 'query ($i: [ID!]!) { twinnings(ids: $i) { id } }', { i: ids(900) }, 500 * 5], // prettier-ignore
  ['a page costs as many as were asked for', '{ twinningDevice { twinnings(first: 30) { nodes { id } } } }', {}, 1 + 5 + 30], // prettier-ignore
  ['from the end as well', '{ twinningDevice { twinnings(last: 30) { nodes { id } } } }', {}, 1 + 5 + 30],
  ['edges and nodes count both', '{ twinningDevice { twinnings(first: 3) { nodes { id } edges { node { id } } } } }', {}, 1 + 5 + 3 + 3 * 2], // prettier-ignore
  [
    'a page of nothing costs its read',
    '{ twinningDevice { twinnings(first: 0) { nodes { id } } } }',
    {},
    1 + 5,
  ],
  ['a negative page is refused elsewhere, and is no discount', '{ twinningDevice { twinnings(first: -9) { nodes { id } } } }', {}, 1 + 5], // prettier-ignore
  ['without a size, five are assumed', '{ twinningDevice { twinnings { nodes { id } } } }', {}, 1 + 5 + 5],
  ['totalCount and pageInfo count once', '{ twinningDevice { twinnings(first: 9) { totalCount pageInfo { endCursor } } } }', {}, 1 + 5 + 1], // prettier-ignore
  ['a size may be a variable', 'query ($n: Int) { twinningDevice { twinnings(first: $n) { nodes { id } } } }', { n: 8 }, 1 + 5 + 8], // prettier-ignore
  ['voicemailAccess may cost a read', '{ twinning(id: "x") { ... on SecondaryTwinning { voicemailAccess { address } } } }', {}, 5 + 5], // prettier-ignore
  ['of several types the dearest counts', '{ twinning(id: "x") { ... on PrimaryTwinning { ownDevice { address } } ... on SecondaryTwinning { a: ownDevice { address } b: ownDevice { address } } } }', {}, 5 + 2], // prettier-ignore
  ['the same field twice counts once', '{ twinning(id: "x") { ownDevice { address } } ... on Query { twinning(id: "x") { ownDevice { address } } } }', {}, 5 + 1], // prettier-ignore
  ['an alias counts', '{ a: twinning(id: "x") { id } b: twinning(id: "x") { id } }', {}, 5 + 5],
  ['what is skipped costs nothing', 'query ($no: Boolean!) { twinning(id: "x") @include(if: $no) { id } a: twinning(id: "x") @skip(if: true) { id } }', { no: false }, 0], // prettier-ignore
  ['statistics cost a read for each device', 'query ($a: [DeviceAddress!]!) { twinningStatistics(addresses: $a) { byStatus { count } byRole { count } } }', { a: [watch, phone] }, 2 * 5 + 1 + 3 + 2], // prettier-ignore
  ['a mutation costs 10', 'mutation { deleteTwinning(input: { id: "x" }) { deletedTwinningId userErrors { code } } }', {}, 10 + 1], // prettier-ignore
  [
    'a subscription costs what an event does',
    'subscription { twinningChanged { twinning { id } } }',
    {},
    1 + 1,
  ],
  ['introspection costs nothing', '{ __schema { types { name } } _service { sdl } }', {}, 1],
  [
    'what the schema does not know costs nothing',
    '{ nope { nope } twinning(id: "x") { nope ...nope } }',
    {},
    5,
  ],
] as const)
  test(`cost: ${what}`, () => {
    assert.equal(costOf(source, variables), expected)
  })

const entities = `query ($r: [_Any!]!) { _entities(representations: $r) {
  ... on Device { twinnings(first: 10) { nodes { id } } }
  ... on Twinning { ownDevice { address } }
  ... on SecondaryTwinning { voicemailAccess { address } }
} }`

test('cost: one document costs what its variables say, however often and in whatever order it is asked', () => {
  const document =
    parse(`query ($n: Int, $s: TwinningStatus, $a: [DeviceAddress!], $no: Boolean = false, $more: Boolean = true) {
    twinningDevice @skip(if: $no) { twinnings(first: $n, twinningStatus: $s) { nodes { id ownDevice @include(if: $more) { address } } } }
    twinningDevices(addresses: $a) { address }
  }`)
  const operation = getOperationAST(document)
  assert.ok(operation)
  const sized = [0, 1, 2, 5, 10, 20, 100].flatMap((n): Record<string, unknown>[] => [
    { n },
    { n, s: 'ON' },
    { n, s: null, no: true },
    { n, more: false, s: 'OFF' },
    { n, a: ids(n) },
  ])
  const asked = [...sized, {}, { n: null }, { a: null }, { no: true, more: false }]
  const anew = (variables: Record<string, unknown>) =>
    createEstimateCost(createSchema('full'))({ document, operation, variables })

  for (const variables of [...asked, ...asked.toReversed()])
    assert.deepEqual({ variables, ...estimateCost({ document, operation, variables }) }, { variables, ...anew(variables) }) // prettier-ignore
})

test('cost: each representation costs what its own type is asked for', () => {
  const r = [
    { __typename: 'Device', address: watch },
    { __typename: 'PrimaryTwinning', id: 'x' },
    { __typename: 'SecondaryTwinning', id: 'x' },
    { __typename: 'Twinning', id: 'x' },
    { __typename: 'Nope' },
    7,
  ]

  assert.deepEqual(
    r.map((one) => costOf(entities, { r: [one] })),
    [1 + 5 + 10, 1 + 1, 1 + 1 + 5, 1 + 1 + 5, 1, 1],
  )
  assert.equal(costOf(entities, { r }), 16 + 2 + 7 + 7 + 1 + 1)
})

test('cost: a document that fans out by fragments is looked through once, not exponentially', () => {
  const depth = 40
  const fragments = Array.from(
    { length: depth },
    (_, i) =>
      `fragment F${i} on Device { a: twinnings(first: 1) { nodes { ownDevice { ...F${i + 1} } } } b: twinnings(first: 1) { nodes { ownDevice { ...F${i + 1} } } } }`,
  )

  const cost = costOf(
    `{ twinningDevice { ...F0 } } ${fragments.join(' ')} fragment F${depth} on Device { address }`,
  )

  assert.ok(cost > 2 ** depth, `got ${cost}`)
})

test('cost: a fragment that leads back to itself, which validation refuses, has an end', () => {
  assert.ok(
    Number.isFinite(
      costOf(
        '{ twinningDevice { ...F } } fragment F on Device { twinnings { nodes { ownDevice { ...F } } } }',
      ),
    ),
  )
})

const deep = (levels: number, page = '') =>
  `{ twinningDevice { ${`twinnings${page} { nodes { ownDevice { `.repeat(levels)} address ${'} } }'.repeat(levels)} } }`

for (const [what, source, leaves] of [
  ['each leaf', '{ twinning(id: "x") { id role name } }', 3],
  ['as often as it stands in a list', '{ twinningDevice { twinnings(first: 7) { nodes { id } totalCount } } }', 7 + 1], // prettier-ignore
  ['of several types, the most', '{ twinning(id: "x") { ... on PrimaryTwinning { id } ... on SecondaryTwinning { id role } } }', 2], // prettier-ignore
] as const)
  test(`leaves are counted, though they cost nothing: ${what}`, () => {
    assert.equal(estimate(source).leaves, leaves)
  })

const overflowing = (levels: number) =>
  `{ twinningDevice { ${'twinnings(first: 100) { nodes { ownDevice { '.repeat(levels)} address ${'} } }'.repeat(levels)} } }`

test('cost: nothing times more than can be reckoned is nothing, and hides nothing beside it', () => {
  const dear = overflowing(200).slice(1, -1)
  const beside = overflowing(3).slice(1, -1).replace('twinningDevice', 'b: twinningDevice')

  assert.equal(
    costOf(
      `{ a: twinningDevice { twinnings(first: 0) { nodes { ownDevice { ${dear
        .replace('twinningDevice', 'x: twinningDevice')
        .replace(/^.*?\{/, '')
        .replace(/\}\s*$/, '')} } } } } ${beside} }`,
    ),
    1 + 5 + costOf(`{ ${beside} }`),
  )
})

for (const [what, document] of [
  ['whose cost can not be reckoned', overflowing(200)],
  [
    'that is quick to send and slow to look through',
    `{ twinning(id: "x") { ${Array.from({ length: 2000 }, (_, i) => `a${i}: ownDevice { ...B }`).join(' ')} } } fragment B on Device { ${Array.from({ length: 2000 }, (_, i) => `b${i}: address`).join(' ')} }`,
  ],
  [
    'whose answer holds nothing but leaves, without end',
    `{ twinningDevices(addresses: [${Array.from({ length: 500 }, () => '"tel:+15560101"').join(' ')}]) { ${Array.from({ length: 5000 }, (_, i) => `a${i}: address`).join(' ')} } }`,
  ],
] as const)
  for (const mode of ['enforce', 'measure'])
    test(`with COST_MODE=${mode} a document ${what} ${mode === 'enforce' ? 'is refused' : 'is counted'}, and the process goes on`, async (t) => {
      const gateway = await startGateway(t, { environment: { COST_MODE: mode, LIMIT_MODE: 'measure' } })
      const asWatch = await gateway.token('twinning:read', watch)
      // What is not refused is executed: here, on a device that has nothing.
      if (mode === 'measure' && !document.includes('nodes')) return

      const { errors } = await gateway.query(asWatch, document)

      assert.deepEqual(
        errors.map(({ extensions }) => extensions.code),
        mode === 'enforce' ? ['COST_ESTIMATED_TOO_EXPENSIVE'] : [],
      )
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
      assert.match(metrics, /twinning_operation_cost_count\{result="too_expensive"\} 1/)
    })

test('representations that are nothing cost something all the same', async (t) => {
  const gateway = await startGateway(t, { environment: { COST_MAX: '1000' } })

  const { errors } = await gateway.query(
    await gateway.token('twinning:read', watch),
    'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
    { r: Array.from({ length: 1001 }, () => 0) },
  )

  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [{ code: 'COST_ESTIMATED_TOO_EXPENSIVE', cost: { estimated: 1001, max: 1000 } }],
  )
})

test('pages cost what they hold, under each of their names', async (t) => {
  const gateway = await startGateway(t, { environment: { COST_MAX: '1000' } })
  seedMany(gateway.sandbox.operators.beta, watch, 20)
  const document = `{ twinningDevice { twinnings { ${Array.from({ length: 50 }, (_, i) => `n${i}: nodes { ownDevice { address } }`).join(' ')} } } }`

  const { errors } = await gateway.query(await gateway.token('twinning:read', watch), document)

  assert.ok(costOf(document) < 1000, 'the estimate lets it through')
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['COST_ESTIMATED_TOO_EXPENSIVE'],
  )
})

test('what costs too much is refused before anything is read, and says by how much', async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { status, data, errors } = await query(await token('twinning:read', watch), deep(4, '(first: 100)'))

  assert.equal(status, 200)
  assert.deepEqual(data, {})
  assert.deepEqual(errors, [
    {
      message:
        'the operation costs an estimated 207070706, and 200000 is allowed: ask for fewer things at once',
      extensions: { code: 'COST_ESTIMATED_TOO_EXPENSIVE', cost: { estimated: 207_070_706, max: 200_000 } },
    },
  ])
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('for the newer media type that is HTTP 400', async (t) => {
  const { url, token } = await startGateway(t)

  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json',
      'content-type': 'application/json',
      authorization: `Bearer ${await token('twinning:read', watch)}`,
    },
    body: JSON.stringify({ query: deep(4, '(first: 100)') }),
  })

  assert.equal(response.status, 400)
  assert.equal(response.headers.get('cache-control'), 'no-store')
})

test('COST_MAX is the bound: what costs as much is admitted, and what costs one more is not', async (t) => {
  const gateway = await startGateway(t, { environment: { COST_MAX: '36' } })
  const asWatch = await gateway.token('twinning:read', watch)
  const page = (first: number) => `{ twinningDevice { twinnings(first: ${first}) { nodes { id } } } }`

  const as = await gateway.query(asWatch, page(30))
  const more = await gateway.query(asWatch, page(31))

  assert.deepEqual(as.errors, [])
  assert.deepEqual(
    more.errors.map(({ extensions }) => extensions),
    [{ code: 'COST_ESTIMATED_TOO_EXPENSIVE', cost: { estimated: 37, max: 36 } }],
  )
})

test('COST_MODE=measure refuses nothing and counts all the same', async (t) => {
  const { url, query, token } = await startGateway(t, {
    environment: { COST_MAX: '10', COST_MODE: 'measure' },
  })

  const { errors } = await query(
    await token('twinning:read', watch),
    '{ twinningDevice { twinnings(first: 30) { nodes { id } } } }',
  )

  assert.deepEqual(errors, [])
  const metrics = await (await fetch(`${url}/metrics`)).text()
  assert.match(metrics, /twinning_operation_cost_bucket\{le="100",result="too_expensive"\} 1/)
})

test('a subscription is bound by what an event may cost', async (t) => {
  const { url, token } = await startGateway(t, { environment: { COST_MAX: '20' } })

  const response = await fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${await token('twinning:read', watch)}`,
    },
    body: JSON.stringify({
      query:
        'subscription { twinningChanged { twinning { ownDevice { twinnings(first: 30) { nodes { id } } } } } }',
    }),
  })

  assert.equal(response.status, 400)
  assert.deepEqual(await response.json(), {
    errors: [
      {
        message: 'the operation costs an estimated 38, and 20 is allowed: ask for fewer things at once',
        extensions: { code: 'COST_ESTIMATED_TOO_EXPENSIVE', cost: { estimated: 38, max: 20 } },
      },
    ],
  })
})

test('pages that turn out longer than assumed end in one refusal, not in a million objects', async (t) => {
  const gateway = await startGateway(t, { environment: { COST_MAX: '5000' } })
  seedMany(gateway.sandbox.operators.beta, watch, 20)
  const asWatch = await gateway.token('twinning:read', watch)

  const { data, errors } = await gateway.query(asWatch, deep(4))

  assert.ok(costOf(deep(4)) < 5000, 'the estimate lets it through')
  assert.deepEqual(data, {})
  assert.deepEqual(
    errors.map(({ message, extensions: { code } }) => [message.replace(/\d{4,}(?=,)/, 'N'), code]),
    [
      [
        'the operation costs an estimated N, and 5000 is allowed: ask for fewer things at once',
        'COST_ESTIMATED_TOO_EXPENSIVE',
      ],
    ],
  )
})

test('50 aliases, 1,000 entities of full pages, 500 ids and 20 levels are admitted as it comes', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 1)
  const [id = ''] = await learnIds(gateway, watch)
  const asAny = await gateway.token('twinning:read:any', watch)
  const page = 'twinnings { nodes { id name otherDevice { address } ownDevice { address } } }'

  for (const [document, variables] of [
    [`{ ${Array.from({ length: 50 }, (_, i) => `a${i}: twinningDevice { ${page} }`).join(' ')} }`, {}],
    [
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Device { ${page} } } }`,
      { r: Array.from({ length: 1000 }, () => ({ __typename: 'Device', address: watch })) },
    ],
    [
      `query ($i: [ID!]!) { twinnings(ids: $i) { ownDevice { ${page} } } }`,
      { i: Array.from({ length: 500 }, () => id) },
    ],
    [deep(6), {}],
  ] as const) {
    const { errors } = await gateway.query(asAny, document, variables)
    assert.deepEqual(errors, [], document)
  }
})

for (const variables of [undefined, null, {}])
  test(`a subscription with variables ${JSON.stringify(variables)} is estimated by its defaults`, async (t) => {
    const { url, token } = await startGateway(t, { environment: { COST_MAX: '20' } })

    const response = await fetch(`${url}/graphql/stream`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${await token('twinning:read', watch)}`,
      },
      body: JSON.stringify({
        query:
          'subscription ($n: Int = 30) { twinningChanged { twinning { ownDevice { twinnings(first: $n) { nodes { id } } } } } }',
        variables,
      }),
    })

    assert.equal(response.status, 400)
  })
