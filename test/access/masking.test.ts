import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch, type Answer } from '../support/gateway.ts'
import { failures, idOf, pathOf } from './support.ts'

const maskedWatch = 'tel:+1556**01'
const maskedPhone = 'tel:+1555**00'
const id = idOf('beta', watch, 'tw1')

async function start(t: TestContext) {
  const gateway = await startGateway(t)
  const { alpha, beta } = gateway.sandbox.operators
  beta.seed({
    id: 'tw1',
    ownAddress: watch,
    name: 'myWatch',
    otherDevice: { address: phone, name: 'myPhone' },
  })
  alpha.seed({
    id: 'tw2',
    role: 'Primary',
    ownAddress: phone,
    name: 'myPhone',
    otherDevice: { address: watch, name: 'myWatch' },
  })
  return {
    ...gateway,
    root: (operator: 'alpha' | 'beta') => `${gateway.sandbox.operators[operator].serverRoot}/twinning/v1`,
  }
}

const fields = `fragment fields on Twinning {
  name ownAddress resourceURL
  ownDevice { address }
  otherDevice { address name device { address } }
}`

test('analytics sees a twinning by its id with every address masked and without any name', async (t) => {
  const { query, token, root } = await start(t)

  const { data, errors } = await query(
    await token('twinning:analytics'),
    `query ($id: ID!) { twinning(id: $id) { id role twinningStatus ...fields } } ${fields}`,
    { id },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data.twinning, {
    id,
    role: 'SECONDARY',
    twinningStatus: 'ON',
    name: null,
    ownAddress: maskedWatch,
    resourceURL: `${root('beta')}/tel%3A%2B1556**01/twinnings/tw1`,
    ownDevice: { address: maskedWatch },
    otherDevice: { address: maskedPhone, name: null, device: { address: maskedPhone } },
  })
})

test('below a masked device the fields work, masked, as deep as one asks', async (t) => {
  const { query, token, sandbox, root } = await start(t)

  const answer = await query(
    await token('twinning:analytics'),
    `query ($id: ID!) {
      twinning(id: $id) {
        otherDevice { device { address twinnings { totalCount nodes {
          ...fields
          otherDevice { device { address twinnings(role: SECONDARY) { edges { node { id ...fields } } } } }
        } } } }
        ownDevice { address twinnings { totalCount } }
      }
    } ${fields}`,
    { id },
  )

  const seenFrom = (operator: 'alpha' | 'beta', own: string, other: string, last: string) => ({
    name: null,
    ownAddress: own,
    resourceURL: `${root(operator)}/${encodeURIComponent(own)}/twinnings/${last}`,
    ownDevice: { address: own },
    otherDevice: { address: other, name: null, device: { address: other } },
  })
  assert.deepEqual(answer.errors, [])
  assert.deepEqual(answer.data.twinning, {
    otherDevice: {
      device: {
        address: maskedPhone,
        twinnings: {
          totalCount: 1,
          nodes: [
            {
              ...seenFrom('alpha', maskedPhone, maskedWatch, 'tw2'),
              otherDevice: {
                address: maskedWatch,
                name: null,
                device: {
                  address: maskedWatch,
                  twinnings: {
                    edges: [{ node: { id, ...seenFrom('beta', maskedWatch, maskedPhone, 'tw1') } }],
                  },
                },
              },
            },
          ],
        },
      },
    },
    ownDevice: { address: maskedWatch, twinnings: { totalCount: 1 } },
  })
  assert.doesNotMatch(JSON.stringify(answer), /5560101|5550100|myWatch|myPhone/)
  // The twinning itself, and then each device's list once.
  assert.deepEqual(upstreamTraffic(sandbox).sort(), [
    `GET ${pathOf(phone)}`,
    `GET ${pathOf(watch)}`,
    `GET ${pathOf(watch, 'tw1')}`,
  ])
})

test('a device that analytics names keeps its address, and its twinnings are masked', async (t) => {
  const { query, token } = await start(t)

  const { data, errors } = await query(
    await token('twinning:analytics'),
    `query ($watch: DeviceAddress!, $representations: [_Any!]!) {
      twinningDevice(address: $watch) { address twinnings { nodes { name ownAddress ownDevice { address } } } }
      twinningDevices(addresses: [$watch]) { address twinnings { nodes { ownAddress } } }
      _entities(representations: $representations) {
        ... on Device { address twinnings { nodes { ownAddress } } }
        ... on SecondaryTwinning { name ownAddress }
      }
    }`,
    {
      watch,
      representations: [
        { __typename: 'Device', address: watch },
        { __typename: 'SecondaryTwinning', id },
        { __typename: 'Twinning', id },
      ],
    },
  )

  const listed = { address: watch, twinnings: { nodes: [{ ownAddress: maskedWatch }] } }
  const twinning = { name: null, ownAddress: maskedWatch }
  assert.deepEqual(errors, [])
  assert.deepEqual(data, {
    twinningDevice: {
      address: watch,
      twinnings: { nodes: [{ name: null, ownAddress: maskedWatch, ownDevice: { address: maskedWatch } }] },
    },
    twinningDevices: [listed],
    _entities: [listed, twinning, twinning],
  })
})

test('a masked address joins with nothing', async (t) => {
  const { query, token, sandbox } = await start(t)

  const answer = await query(
    await token('twinning:analytics'),
    `{ _entities(representations: [{__typename: "Device", address: "${maskedWatch}"}]) { ... on Device { address } } }`,
  )

  assert.deepEqual(answer.data, { _entities: [null] })
  assert.deepEqual(failures(answer), [{ code: 'BAD_USER_INPUT', path: ['_entities', 0] }])
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('what other scopes open beside twinning:analytics is not masked', async (t) => {
  const { query, token, root } = await start(t)
  const question = `query ($ids: [ID!]!) { twinnings(ids: $ids) { ...fields } } ${fields}`
  const ids = [id, idOf('alpha', phone, 'tw2')]

  const own = await query(await token('twinning:analytics twinning:read', watch), question, { ids })
  const any = await query(await token('twinning:analytics twinning:read:any'), question, { ids })

  const unmasked = {
    name: 'myWatch',
    ownAddress: watch,
    resourceURL: `${root('beta')}/${encodeURIComponent(watch)}/twinnings/tw1`,
    ownDevice: { address: watch },
    otherDevice: { address: phone, name: 'myPhone', device: { address: phone } },
  }
  assert.deepEqual(own.errors, [])
  assert.deepEqual(own.data.twinnings, [
    unmasked,
    {
      name: null,
      ownAddress: maskedPhone,
      resourceURL: `${root('alpha')}/tel%3A%2B1555**00/twinnings/tw2`,
      ownDevice: { address: maskedPhone },
      otherDevice: { address: maskedWatch, name: null, device: { address: maskedWatch } },
    },
  ])
  assert.deepEqual(any.errors, [])
  assert.deepEqual(any.data.twinnings[0], unmasked)
  assert.equal(any.data.twinnings[1].ownAddress, phone)
})

test('the other device of an unmasked twinning shows its address, and its own twinnings masked', async (t) => {
  const { query, token } = await start(t)

  const { data, errors } = await query(
    await token('twinning:analytics twinning:read', watch),
    `{ twinning(id: "${id}") { otherDevice { device { address twinnings { nodes { name ownAddress otherDevice { address } } } } } } }`,
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data.twinning.otherDevice.device, {
    address: phone,
    twinnings: { nodes: [{ name: null, ownAddress: maskedPhone, otherDevice: { address: maskedWatch } }] },
  })
})

// How operators may spell the device in a resourceURL, as the path behind the server root, and what is left of it.
const urls: [string, string, string][] = [
  ['escaped', '/tel%3A%2B15560101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['escaped in lower case', '/tel%3a%2b15560101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['not escaped', '/tel:+15560101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['escaped twice', '/tel%253A%252B15560101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['escaped three times', '/tel%25253A%25252B15560101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['escaped without need', '/%74%65%6c%3A%2B%31%35560101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['escaped without end', `/%${'25'.repeat(9)}3A15560101/twinnings/tw1`, '/*****/twinnings/tw1'],
  ['with separators', '/TEL:+1-556-0101/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['with parameters', '/tel%3A%2B15560101%3Bx=y/twinnings/tw1', '/tel%3A%2B1556**01/twinnings/tw1'],
  ['without its scheme', '/+15560101/twinnings/tw1', '/*****/twinnings/tw1'],
  ['as digits', '/15560101/twinnings/tw1', '/*****/twinnings/tw1'],
  ['as a national number', '/(0)556-0101/twinnings/tw1', '/*****/twinnings/tw1'],
  ['as digits with separators', '/1-556-0101/twinnings/tw1', '/*****/twinnings/tw1'],
  ['inside of another segment', '/user=tel%3A%2B15560101/twinnings/tw1', '/*****/twinnings/tw1'],
  ['in one segment with the rest', '/tel%3A%2B15560101%2Ftwinnings/tw1', '/*****/tw1'],
  ['in the last segment', '/u/twinnings/tw-15560101', '/u/twinnings/*****'],
  ['with the other device', '/u/twinnings/15550100-tw1', '/u/twinnings/*****'],
  [
    'as another address',
    '/sip%3Awatch%40beta.example/twinnings/tw1',
    '/sip%3A*****%40beta.example/twinnings/tw1',
  ],
  ['broken', '/%E015560101/twinnings/tw1', '/*****/twinnings/tw1'],
  ['in the query and the fragment', '/u/twinnings/tw1?user=15560101#15560101', '/u/twinnings/tw1'],
]

test('a resourceURL is masked however its operator spells the device', async (t) => {
  const { query, token, sandbox, root } = await start(t)
  const analytics = await token('twinning:analytics')

  for (const [how, given, shown] of urls)
    await t.test(`${how}: ${given}`, async () => {
      const twinning = {
        role: 'Secondary',
        twinningStatus: 'On',
        ownAddress: watch,
        otherDevice: { address: phone },
        resourceURL: root('beta') + given,
      }
      const { faults } = sandbox.operators.beta
      faults.add({
        times: 1,
        headers: { 'cache-control': 'no-store' },
        body: { twinningList: { twinning: [twinning] } },
      })

      const { data, errors } = await query(
        analytics,
        `{ twinningDevice(address: "${watch}") { twinnings { nodes { resourceURL } } } }`,
      )

      assert.deepEqual(errors, [])
      assert.deepEqual(data.twinningDevice.twinnings.nodes, [{ resourceURL: root('beta') + shown }])
    })
})

// What of another address than a phone number an operator may put into a resourceURL, and what is left of it.
const users: [string, string, string][] = [
  ['sip:bob.smith@alpha.example', '/subscribers/bob.smith/twinnings/1', '/subscribers/*****/twinnings/1'],
  ['sip:Bob.Smith@alpha.example', '/subscribers/BOB-SMITH/twinnings/1', '/subscribers/*****/twinnings/1'],
  ['sips:bob@alpha.example;transport=tcp', '/u/twinnings/bob-1', '/u/twinnings/*****'],
  ['sip:bob;day=tuesday@alpha.example', '/u/bob/twinnings/1', '/u/*****/twinnings/1'],
  ['sip:bob%26smith@alpha.example', '/u/bob%2526smith/twinnings/1', '/u/*****/twinnings/1'],
  ['sip:+1-555-0177@alpha.example', '/u/5550177/twinnings/1', '/u/*****/twinnings/1'],
  ['acr:4f2a;ncc=23415', '/u/4F2A/twinnings/1', '/u/*****/twinnings/1'],
  ['acr:@4f2a', '/u/4f2a/twinnings/1', '/u/*****/twinnings/1'],
]
for (const [address, given, shown] of users)
  test(`with ${address} as other device, ${given} is shown as ${shown}`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)
    const root = `${sandbox.operators.beta.serverRoot}/twinning/v1`
    sandbox.operators.beta.faults.add({
      body: {
        twinningList: {
          twinning: [
            {
              role: 'Secondary',
              twinningStatus: 'On',
              ownAddress: watch,
              otherDevice: { address },
              resourceURL: root + given,
            },
          ],
        },
      },
    })

    const { data } = await query(
      await token('twinning:analytics'),
      `{ twinningDevice(address: "${watch}") { twinnings { nodes { resourceURL } } } }`,
    )

    assert.deepEqual(data.twinningDevice.twinnings.nodes, [{ resourceURL: root + shown }])
  })

test('a name and a password in a resourceURL are not shown', async (t) => {
  const { query, token, sandbox, root } = await start(t)
  const resourceURL = `${root('beta')}/u/twinnings/tw3`.replace('http://', 'http://15560101:secret@')
  sandbox.operators.beta.seed({ id: 'tw3', ownAddress: watch, resourceURL })

  const { data } = await query(
    await token('twinning:analytics'),
    `{ twinning(id: "${idOf('beta', watch, 'tw3')}") { resourceURL } }`,
  )

  assert.deepEqual(data, { twinning: { resourceURL: `${root('beta')}/u/twinnings/tw3` } })
})

for (const [address, shown] of [
  ['sip:Watch-7@beta.example', 'sip:*****@beta.example'],
  ['sips:watch@beta.example;transport=tcp', 'sips:*****@beta.example'],
  ['acr:4f2a', 'acr:*****'],
  ['tel:1234567', 'tel:*****67'],
] as const)
  test(`${address} is shown as ${shown} to whoever only counts`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)
    sandbox.operators.beta.seed({ id: 'tw1', ownAddress: watch, otherDevice: { address } })

    const { data } = await query(
      await token('twinning:analytics'),
      `{ twinning(id: "${id}") { otherDevice { address device { address } } } }`,
    )

    assert.deepEqual(data.twinning.otherDevice, { address: shown, device: { address: shown } })
  })

for (const [what, text, variables] of [
  ['as it is', 'Invalid input value for message part %1', [phone]],
  ['with separators', 'No valid addresses provided in message part %1', ['+1-555-0100']],
  ['escaped', 'Unknown user %1', ['tel%3A%2B15550100']],
  ['as a SIP URI', 'Unknown user %1', ['sip:+15550100@alpha.example']],
] as const)
  test(`an operator's words about a masked device do not give its address away, ${what}`, async (t) => {
    const { query, token, sandbox } = await start(t)
    sandbox.operators.alpha.faults.add({
      status: 400,
      body: { requestError: { serviceException: { messageId: 'SVC0004', text, variables: [...variables] } } },
    })
    const question = `{ twinning(id: "${id}") { otherDevice { device { twinnings { totalCount } } } } }`
    const shown = text.replace('%1', '*****')

    const masked = await query(await token('twinning:analytics'), question)
    const full = await query(await token('twinning:read:any'), question)

    const path = ['twinning', 'otherDevice', 'device', 'twinnings']
    assert.deepEqual(failures(masked), [{ code: 'BAD_USER_INPUT', path }])
    assert.equal(masked.errors[0]?.message, shown)
    assert.deepEqual(masked.errors[0].extensions.oma, {
      messageId: 'SVC0004',
      text: shown,
      httpStatus: 400,
      operator: 'alpha',
    })
    assert.equal(full.errors[0]?.message, text.replace('%1', variables[0]))
  })

test('masked or not, a twinning has one id, and one read serves both', async (t) => {
  const { query, token, sandbox } = await start(t)
  const question = `{ twinning(id: "${id}") { id name } }`

  const masked = await query(await token('twinning:analytics'), question)
  const full = await query(await token('twinning:read', watch), question)
  clearTraffic(sandbox)
  const again = await query(await token('twinning:analytics'), question)

  assert.deepEqual(masked.data, { twinning: { id, name: null } })
  assert.deepEqual(full.data, { twinning: { id, name: 'myWatch' } })
  assert.deepEqual(again.data, masked.data)
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('what analytics watches is masked too', async (t) => {
  const { query, token, url } = await start(t)
  const watching = await fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${await token('twinning:analytics')}`,
    },
    body: JSON.stringify({
      query: `subscription { twinningChanged(deviceAddress: "${watch}") { kind twinning {
        name ownAddress otherDevice { address } ... on SecondaryTwinning { voicemailAccess { address } authCode } } } }`,
    }),
  })
  const body = watching.body!.pipeThrough(new TextDecoderStream())
  await query(
    await token('twinning:write', watch),
    `mutation { renameTwinning(input: {id: "${id}", name: "car"}) { userErrors { code } } }`,
  )

  let said = ''
  for await (const part of body) if (/^data: .+$/m.test((said += part))) break
  const { data, errors } = JSON.parse(/^data: (.+)$/m.exec(said)![1]!) as Pick<Answer, 'data' | 'errors'>

  assert.deepEqual(data, {
    twinningChanged: {
      kind: 'UPDATED',
      twinning: {
        name: null,
        ownAddress: maskedWatch,
        otherDevice: { address: maskedPhone },
        voicemailAccess: null,
        authCode: null,
      },
    },
  })
  const path = ['twinningChanged', 'twinning']
  assert.deepEqual(
    failures({ errors }).sort((a, b) => String(a.path).localeCompare(String(b.path))),
    ['authCode', 'voicemailAccess'].map((field) => ({ code: 'FORBIDDEN', path: [...path, field] })),
  )
})
