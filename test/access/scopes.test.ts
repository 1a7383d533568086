import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch, type Answer } from '../support/gateway.ts'
import { failures, idOf, pathOf } from './support.ts'

const id = idOf('beta', watch, 'tw1')

// README, "Who may do what", row by row: what each scope gives on the token's own device and on any other.
const rows = [
  { scope: '', own: { read: false, write: false }, any: { read: false, write: false } },
  { scope: 'twinning:read', own: { read: true, write: false }, any: { read: false, write: false } },
  { scope: 'twinning:read:any', own: { read: true, write: false }, any: { read: true, write: false } },
  { scope: 'twinning:write', own: { read: false, write: true }, any: { read: false, write: false } },
  { scope: 'twinning:write:any', own: { read: false, write: true }, any: { read: false, write: true } },
  { scope: 'twinning:voicemail', own: { read: false, write: false }, any: { read: false, write: false } },
  {
    scope: 'twinning:read twinning:write',
    own: { read: true, write: true },
    any: { read: false, write: false },
  },
  { scope: 'twinning', own: { read: false, write: false }, any: { read: false, write: false } },
  { scope: 'TWINNING:READ:ANY', own: { read: false, write: false }, any: { read: false, write: false } },
  { scope: 'twinning:read:any:more', own: { read: false, write: false }, any: { read: false, write: false } },
  {
    scope: 'constructor __proto__ toString',
    own: { read: false, write: false },
    any: { read: false, write: false },
  },
]

async function start(t: TestContext, environment: Record<string, string> = {}) {
  const gateway = await startGateway(t, { environment })
  const seed = () => {
    gateway.sandbox.operators.beta.seed({
      id: 'tw1',
      ownAddress: watch,
      name: 'myWatch',
      otherDevice: { address: phone },
    })
    clearTraffic(gateway.sandbox)
  }
  seed()
  return { ...gateway, seed }
}

test('what each scope lets a caller read', async (t) => {
  const { query, sandbox, token } = await start(t, { CACHE_TTL_S: '0', CACHE_STALE_S: '0' })

  for (const { scope, own, any } of rows)
    for (const [whose, caller, { read }] of [
      ['its own device', watch, own],
      ["somebody else's device", phone, any],
      ['any device, issued to none', undefined, any],
    ] as const)
      await t.test(`"${scope}" on ${whose}: ${read ? 'reads' : 'nothing'}`, async () => {
        clearTraffic(sandbox)
        const asked = await token(scope, caller)

        const one = await query(asked, `{ twinning(id: "${id}") { name } }`)
        const many = await query(asked, `{ twinnings(ids: ["${id}"]) { name } }`)
        const list = await query(
          asked,
          `{ twinningDevice(address: "${watch}") { address twinnings { nodes { name } } } }`,
        )
        const entities = await query(
          asked,
          `{ _entities(representations: [
            {__typename: "SecondaryTwinning", id: "${id}"}
            {__typename: "Twinning", id: "${id}"}
            {__typename: "Device", address: "${watch}"}
          ]) { ... on SecondaryTwinning { name } ... on Device { twinnings { nodes { name } } } } }`,
        )

        const found = read ? { name: 'myWatch' } : null
        const listed = read ? { nodes: [{ name: 'myWatch' }] } : null
        const forbidden = (...path: (string | number)[]) => (read ? [] : [{ code: 'FORBIDDEN', path }])
        assert.deepEqual(one.data, { twinning: found })
        assert.deepEqual(failures(one), [])
        assert.deepEqual(many.data, { twinnings: [found] })
        assert.deepEqual(failures(many), [])
        assert.deepEqual(list.data, { twinningDevice: { address: watch, twinnings: listed } })
        assert.deepEqual(failures(list), forbidden('twinningDevice', 'twinnings'))
        assert.deepEqual(entities.data, { _entities: [found, found, { twinnings: listed }] })
        assert.deepEqual(failures(entities), forbidden('_entities', 2, 'twinnings'))
        if (!read) assert.deepEqual(upstreamTraffic(sandbox), [])
      })
})

test('what each scope lets a caller change', async (t) => {
  const { query, sandbox, token, seed } = await start(t)
  const field = 'userErrors { code field }'

  for (const { scope, own, any } of rows)
    for (const [whose, caller, { write }] of [
      ['its own device', watch, own],
      ["somebody else's device", phone, any],
      ['any device, issued to none', undefined, any],
    ] as const)
      await t.test(`"${scope}" on ${whose}: ${write ? 'changes' : 'nothing'}`, async () => {
        seed()
        const asked = await token(scope, caller)
        const change = (name: string, input: string, answer: string) =>
          query(asked, `mutation { ${name}(input: {${input}}) { ${answer} ${field} } }`)

        const answers: Record<string, Answer> = {
          setTwinningStatus: await change(
            'setTwinningStatus',
            `id: "${id}", twinningStatus: OFF`,
            'twinning { twinningStatus }',
          ),
          renameTwinning: await change('renameTwinning', `id: "${id}", name: "car"`, 'twinning { name }'),
          deleteTwinning: await change('deleteTwinning', `id: "${id}"`, 'deletedTwinningId'),
          requestTwinning: await change('requestTwinning', `deviceAddress: "${watch}"`, 'twinning { role }'),
          activateTwinning: await change(
            'activateTwinning',
            `deviceAddress: "${watch}", activationCode: "no"`,
            'twinning { role }',
          ),
        }

        // One's own without the scope is FORBIDDEN; somebody else's is as if it did not exist.
        const notFound = { userErrors: [{ code: 'NOT_FOUND', field: ['input', 'id'] }] }
        const payloads: Record<string, object> = write
          ? {
              setTwinningStatus: { twinning: { twinningStatus: 'OFF' }, userErrors: [] },
              renameTwinning: { twinning: { name: 'car' }, userErrors: [] },
              deleteTwinning: { deletedTwinningId: id, userErrors: [] },
              requestTwinning: { twinning: { role: 'SECONDARY' }, userErrors: [] },
              activateTwinning: {
                twinning: null,
                userErrors: [{ code: 'INVALID_ACTIVATION_CODE', field: ['input', 'activationCode'] }],
              },
            }
          : caller === watch
            ? {}
            : {
                setTwinningStatus: { twinning: null, ...notFound },
                renameTwinning: { twinning: null, ...notFound },
                deleteTwinning: { deletedTwinningId: null, ...notFound },
              }
        for (const [name, answer] of Object.entries(answers)) {
          const payload = payloads[name] ?? null
          assert.deepEqual(answer.data, { [name]: payload })
          assert.deepEqual(failures(answer), payload ? [] : [{ code: 'FORBIDDEN', path: [name] }])
        }
        if (!write) assert.deepEqual(upstreamTraffic(sandbox), [])
      })
})

test('what nobody has made looks to a stranger like what somebody else has', async (t) => {
  const { query, token } = await start(t)
  const stranger = await token('twinning:read twinning:write', phone)
  const ids = [
    id,
    idOf('beta', watch, 'none'),
    idOf('gamma', watch, 'tw1'),
    idOf('beta', 'tel:+1999', 'tw1'),
    'tw1',
    '',
  ]

  const answers = await Promise.all(
    ids.map((one) =>
      query(
        stranger,
        `mutation ($id: ID!) { renameTwinning(input: {id: $id, name: "x"}) { twinning { name } userErrors { code message field } } }`,
        { id: one },
      ),
    ),
  )
  const read = await query(stranger, 'query ($ids: [ID!]!) { twinnings(ids: $ids) { name } }', { ids })

  for (const { data, errors } of answers) {
    assert.deepEqual(errors, [])
    assert.deepEqual(data.renameTwinning, {
      twinning: null,
      userErrors: [{ code: 'NOT_FOUND', message: 'there is no such twinning', field: ['input', 'id'] }],
    })
  }
  assert.deepEqual(read.data, { twinnings: ids.map(() => null) })
  assert.deepEqual(read.errors, [])
})

test("somebody else's device is FORBIDDEN alike where it is known, where it is not, and where nobody serves it", async (t) => {
  const { query, sandbox, token } = await start(t)
  const addresses = [watch, 'tel:+15569999', 'tel:+19990000', 'acr:nobody']

  const answer = await query(
    await token('twinning:read', phone),
    'query ($addresses: [DeviceAddress!]!) { twinningDevices(addresses: $addresses) { address twinnings { totalCount } } }',
    { addresses },
  )

  assert.deepEqual(answer.data, {
    twinningDevices: addresses.map((address) => ({ address, twinnings: null })),
  })
  assert.deepEqual(
    answer.errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    addresses.map((_, i) => ({
      message: "the access token does not allow reading this device's twinnings",
      path: ['twinningDevices', i, 'twinnings'],
      extensions: { code: 'FORBIDDEN' },
    })),
  )
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test("an address spelled otherwise is the token's own all the same", async (t) => {
  const { query, token } = await start(t)

  const answer = await query(
    await token('twinning:read', 'TEL:+1-556-0101'),
    '{ twinningDevice(address: "tel:+1(556)0101") { address twinnings { nodes { name } } } }',
  )

  assert.deepEqual(answer.data, {
    twinningDevice: { address: watch, twinnings: { nodes: [{ name: 'myWatch' }] } },
  })
  assert.deepEqual(answer.errors, [])
})

test('without an address the device is the one that the token was issued to, or bad input', async (t) => {
  const { query, token } = await start(t)

  const device = await query(await token('twinning:read', watch), '{ twinningDevice { address } }')
  const portal = await query(await token('twinning:read:any'), '{ twinningDevice { address } }')

  assert.deepEqual(device.data, { twinningDevice: { address: watch } })
  assert.deepEqual(portal.data, { twinningDevice: null })
  assert.deepEqual(failures(portal), [{ code: 'BAD_USER_INPUT', path: ['twinningDevice'] }])
})

for (const [scope, allowed] of [
  ['twinning:analytics', true],
  ['twinning:read twinning:analytics', true],
  ['twinning:read:any twinning:write:any twinning:voicemail', false],
  ['twinning:read', false],
  ['', false],
] as const)
  test(`twinningStatistics with "${scope}" is ${allowed ? 'counted' : 'FORBIDDEN, and nothing is read'}`, async (t) => {
    const { query, sandbox, token } = await start(t)

    const answer = await query(
      await token(scope, watch),
      `{ twinningStatistics(addresses: ["${watch}"]) { devices twinnings byRole { role count } } }`,
    )

    const counted = {
      devices: 1,
      twinnings: 1,
      byRole: [
        { role: 'PRIMARY', count: 0 },
        { role: 'SECONDARY', count: 1 },
      ],
    }
    assert.deepEqual(answer.data, { twinningStatistics: allowed ? counted : null })
    assert.deepEqual(failures(answer), allowed ? [] : [{ code: 'FORBIDDEN', path: ['twinningStatistics'] }])
    assert.deepEqual(upstreamTraffic(sandbox), allowed ? [`GET ${pathOf(watch)}`] : [])
  })

test('what a privileged caller has brought into the cache opens nothing to others', async (t) => {
  const { query, sandbox, token } = await start(t)
  sandbox.operators.beta.seed({
    id: 'tw1',
    ownAddress: watch,
    name: 'myWatch',
    otherDevice: { address: phone },
    authCode: 'auth-code-1',
    primaryDeviceVMAddress: 'tel:+15550999',
  })
  const everything = `query ($id: ID!, $device: DeviceAddress!) {
    twinning(id: $id) { ...all }
    twinningDevice(address: $device) { twinnings { nodes { ...all } } }
  }
  fragment all on Twinning { name ownAddress ... on SecondaryTwinning { authCode voicemailAccess { address } } }`
  const variables = { id, device: watch }
  const full = {
    name: 'myWatch',
    ownAddress: watch,
    authCode: 'auth-code-1',
    voicemailAccess: { address: 'tel:+15550999' },
  }
  const warm = await query(await token('twinning:read twinning:voicemail', watch), everything, variables)
  assert.deepEqual(warm.data, { twinning: full, twinningDevice: { twinnings: { nodes: [full] } } })
  clearTraffic(sandbox)

  const list = ['twinningDevice', 'twinnings']
  const refused = (...fields: string[]) =>
    [['twinning'], [...list, 'nodes', 0]].flatMap((path) =>
      fields.map((field) => ({ code: 'FORBIDDEN', path: [...path, field] })),
    )
  const bare = { ...full, authCode: null, voicemailAccess: null }
  const masked = { ...bare, name: null, ownAddress: 'tel:+1556**01' }
  for (const [scope, caller, seen, errors] of [
    ['twinning:read twinning:voicemail', phone, null, [{ code: 'FORBIDDEN', path: list }]],
    ['twinning:voicemail', watch, null, [{ code: 'FORBIDDEN', path: list }]],
    ['twinning:read:any', undefined, bare, refused('authCode', 'voicemailAccess')],
    ['twinning:analytics', undefined, masked, refused('authCode', 'voicemailAccess')],
    ['twinning:analytics twinning:voicemail', undefined, masked, refused('authCode', 'voicemailAccess')],
    ['twinning:read:any twinning:voicemail', undefined, { ...full, authCode: null }, refused('authCode')],
    ['twinning:read', watch, { ...full, voicemailAccess: null }, refused('voicemailAccess')],
  ] as const) {
    const answer = await query(await token(scope, caller), everything, variables)

    assert.deepEqual(answer.data, {
      twinning: seen,
      twinningDevice: { twinnings: seen && { nodes: [seen] } },
    })
    const byPath = (a: { path?: unknown }, b: { path?: unknown }) =>
      JSON.stringify(a.path).localeCompare(JSON.stringify(b.path))
    assert.deepEqual(failures(answer).sort(byPath), [...errors].sort(byPath))
  }
  const nobody = await query(undefined, everything, variables)
  assert.equal(nobody.status, 401)
  assert.deepEqual(nobody.data, {})
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('with AUTH=off everybody may do everything, with a token or without', async (t) => {
  const { query, sandbox, seed, url } = await start(t, { AUTH: 'off' })
  sandbox.operators.beta.seed({
    id: 'tw1',
    ownAddress: watch,
    authCode: 'auth-code-1',
    primaryDeviceVMAddress: 'tel:+15550999',
  })

  for (const token of [undefined, 'no-token-at-all']) {
    const { status, data, errors } = await query(
      token,
      `{ twinning(id: "${id}") { ownAddress ... on SecondaryTwinning { authCode voicemailAccess { address } } }
         twinningStatistics(addresses: ["${watch}"]) { twinnings } }`,
    )

    assert.equal(status, 200, url)
    assert.deepEqual(errors, [])
    assert.deepEqual(data, {
      twinning: { ownAddress: watch, authCode: 'auth-code-1', voicemailAccess: { address: 'tel:+15550999' } },
      twinningStatistics: { twinnings: 1 },
    })
  }
  seed()
  const changed = await query(
    undefined,
    `mutation { requestTwinning(input: {deviceAddress: "${phone}"}) { twinning { activationCode } userErrors { code } }
       renameTwinning(input: {id: "${id}", name: "car"}) { twinning { name } } }`,
  )
  assert.deepEqual(changed.errors, [])
  assert.equal(typeof changed.data.requestTwinning.twinning.activationCode, 'string')
  assert.deepEqual(changed.data.renameTwinning, { twinning: { name: 'car' } })
})

test('with AUTH=off a token says which device is meant, as it opens nothing', async (t) => {
  const { query, sandbox } = await startGateway(t, { environment: { AUTH: 'off' } })

  const known = await query(await sandbox.characters.watch.token(), '{ twinningDevice { address } }')
  const unknown = await query('nonsense', '{ twinningDevice { address } }')

  assert.deepEqual(known.data, { twinningDevice: { address: watch } })
  assert.deepEqual(
    unknown.errors.map(({ extensions }) => extensions.code),
    ['BAD_USER_INPUT'],
  )
})
