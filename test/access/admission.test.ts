import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test from 'node:test'
import { Kind, parse, print, visit } from 'graphql'
import { startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { ask, failures } from './support.ts'

const introspection = '{ __schema { queryType { name } } }'
const service = '{ _service { sdl } }'

// Who is told of the schema: composers with a token always, everybody where GraphiQL is on or nothing is checked.
for (const { environment, open } of [
  { environment: { EXPLORER: 'on' }, open: true },
  { environment: { EXPLORER: 'off' }, open: false },
  { environment: { EXPLORER: 'on', AUTH: 'off' }, open: true },
  { environment: { EXPLORER: 'off', AUTH: 'off' }, open: true },
] as { environment: Record<string, string>; open: boolean }[]) {
  const settings = Object.entries(environment)
    .map((pair) => pair.join('='))
    .join(' and ')

  test(`with ${settings} introspection is ${open ? 'for everyone' : 'for no one'}`, async (t) => {
    const { url, token } = await startGateway(t, { environment })
    const anybody = [undefined, 'Bearer garbage']
    const somebody = [`Bearer ${await token('twinning:read', watch)}`, `Bearer ${await token('')}`]

    for (const authorization of [...anybody, ...somebody])
      for (const query of [introspection, '{ __type(name: "Query") { name } }']) {
        const answer = await ask(url, authorization, query)

        if (open) {
          assert.deepEqual(answer.errors, [])
          assert.equal(answer.status, 200)
        } else {
          assert.deepEqual(answer.data, {})
          assert.deepEqual(
            answer.errors.map(({ extensions: { code } }) => code),
            [anybody.includes(authorization) ? 'UNAUTHENTICATED' : 'GRAPHQL_VALIDATION_FAILED'],
          )
        }
      }
  })

  test(`with ${settings} the SDL is ${open ? 'for everyone' : 'for whoever has a token'}`, async (t) => {
    const { url, token } = await startGateway(t, { environment })

    const nobody = await ask(url, undefined, service)
    const somebody = await ask(url, `Bearer ${await token('')}`, service)

    assert.equal(nobody.status, open ? 200 : 401)
    assert.equal(typeof nobody.data['_service']?.sdl, open ? 'string' : 'undefined')
    assert.equal(somebody.status, 200)
    assert.equal(typeof somebody.data['_service']?.sdl, 'string')
  })
}

test('who is not told of the schema is not told by a suggestion either', async (t) => {
  const { url, token } = await startGateway(t, { environment: { EXPLORER: 'off' } })

  const { errors } = await ask(url, `Bearer ${await token('')}`, '{ twinningDevic { address } }')

  assert.doesNotMatch(JSON.stringify(errors), /Did you mean|twinningDevices?"/)
})

test('without a token nothing but the schema is open, whatever it stands beside', async (t) => {
  const { url, sandbox } = await startGateway(t, { environment: { EXPLORER: 'on' } })

  for (const query of [
    '{ __typename }',
    '{ a: __typename ...f } fragment f on Query { _service { sdl } ... { __schema { queryType { name } } } }',
    'query a { __typename } ',
  ])
    assert.equal((await ask(url, undefined, query)).status, 200, query)
  for (const query of [
    `{ twinningDevice(address: "${watch}") { address } }`,
    `{ __typename twinningDevice(address: "${watch}") { address } }`,
    `{ __schema: twinningDevice(address: "${watch}") { address } }`,
    `{ __typename ... { twinningDevice(address: "${watch}") { address } } }`,
    `{ __typename ... on Query { ...f } } fragment f on Query { twinning(id: "x") { id } }`,
    `{ ...g ...f } fragment g on Query { __typename } fragment f on Query { ...g twinning(id: "x") { id } }`,
    `{ __typename twinning(id: "x") @skip(if: true) { id } }`,
    '{ _entities(representations: [{__typename: "Device", address: "tel:+15560101"}]) { __typename } }',
    '{ _entities(representations: []) { __typename } }',
    'mutation { requestTwinning(input: {}) { userErrors { code } } }',
    'mutation { __typename requestTwinning(input: {}) { userErrors { code } } }',
    'subscription { twinningChanged { kind } }',
  ]) {
    const answer = await ask(url, undefined, query)

    assert.equal(answer.status, 401, query)
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    assert.deepEqual(answer.data, {})
    assert.deepEqual(failures(answer), [{ code: 'UNAUTHENTICATED', path: undefined }])
  }
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('fragments that spread one another do not hold up the door', async (t) => {
  const { url } = await startGateway(t, { environment: { EXPLORER: 'on' } })
  const many = Array.from(
    { length: 60 },
    (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`,
  ).join(' ')

  const { status, data } = await ask(url, undefined, `{ ...f0 } ${many} fragment f60 on Query { __typename }`)

  assert.equal(status, 200)
  assert.deepEqual(data, { __typename: 'Query' })
})

test('where the explorer is off, a caller without a token is turned away before its document is read', async (t) => {
  const { url } = await startGateway(t, { environment: { EXPLORER: 'off' } })

  for (const query of ['{ __typename }', 'no document', ''])
    assert.equal((await ask(url, undefined, query)).status, 401)
})

test('GET takes the same care as POST', async (t) => {
  const { url, token } = await startGateway(t)
  const search = new URLSearchParams({ query: '{ twinningDevice { address } }' }).toString()
  const get = (headers: Record<string, string>) => fetch(`${url}/graphql?${search}`, { headers })

  const nobody = await get({ 'apollo-require-preflight': '1' })
  const somebody = await get({ authorization: `Bearer ${await token('', watch)}` })

  assert.equal(nobody.status, 401)
  assert.equal(nobody.headers.get('www-authenticate'), 'Bearer')
  assert.deepEqual(await somebody.json(), { data: { twinningDevice: { address: watch } } })
})

const authorization = ['authenticated', 'requiresScopes', 'policy']

for (const target of ['full', 'plain'] as const) {
  test(`SDL_TARGET=${target} gives the SDL ${target === 'full' ? 'with' : 'without'} authorization directives`, async (t) => {
    const { url } = await startGateway(t, { environment: { SDL_TARGET: target } })

    const { data } = await ask(url, undefined, service)

    const directives = new Map<string, number>()
    const imports: string[] = []
    visit(parse(data['_service'].sdl), {
      Directive: ({ name, arguments: given }) => {
        directives.set(name.value, (directives.get(name.value) ?? 0) + 1)
        for (const { name: argument, value } of given ?? [])
          if (argument.value === 'import' && value.kind === Kind.LIST)
            imports.push(...value.values.flatMap((one) => (one.kind === Kind.STRING ? [one.value] : [])))
      },
    })
    assert.deepEqual(
      authorization.map((name) => directives.get(name) ?? 0),
      target === 'full' ? [0, 2, 0] : [0, 0, 0],
    )
    assert.deepEqual(
      imports,
      target === 'full'
        ? ['@key', '@shareable', '@tag', '@authenticated', '@requiresScopes', '@cost', '@listSize']
        : ['@key', '@shareable', '@tag', '@cost', '@listSize'],
    )
  })

  test(`with SDL_TARGET=${target} the subgraph enforces the directives`, async (t) => {
    const { query, token, sandbox } = await startGateway(t, { environment: { SDL_TARGET: target } })

    const answer = await query(
      await token('twinning:read', watch),
      `{ twinningStatistics(addresses: ["${watch}"]) { devices } }`,
    )

    assert.deepEqual(answer.data, { twinningStatistics: null })
    assert.deepEqual(failures(answer), [{ code: 'FORBIDDEN', path: ['twinningStatistics'] }])
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

  test(`npm run sdl -- ${target} prints what _service answers with SDL_TARGET=${target}`, async (t) => {
    const { url } = await startGateway(t, { environment: { SDL_TARGET: target } })
    const run = (args: string[], env: NodeJS.ProcessEnv) =>
      execFileSync(process.execPath, ['scripts/sdl.ts', ...args], {
        encoding: 'utf8',
        env: { ...process.env, ...env },
      })

    const { data } = await ask(url, undefined, service)

    assert.equal(run([target], { SDL_TARGET: '' }).trim(), String(data['_service'].sdl).trim())
    assert.equal(run([], { SDL_TARGET: target }).trim(), String(data['_service'].sdl).trim())
  })
}

test('but for the directives, both flavours of the SDL are one', async (t) => {
  const [full, plain] = await Promise.all(
    ['full', 'plain'].map(async (target) => {
      const { url } = await startGateway(t, { environment: { SDL_TARGET: target } })
      return (await ask(url, undefined, service)).data['_service'].sdl as string
    }),
  )
  const stripped = full!
    .replaceAll(/ @requiresScopes\(scopes: \[\["[a-z:]+"\]\]\)/g, '')
    .replace(', "@authenticated", "@requiresScopes"', '')

  assert.equal(print(parse(stripped)), print(parse(plain!)))
  assert.notEqual(full, plain)
})
