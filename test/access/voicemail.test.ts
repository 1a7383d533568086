import assert from 'node:assert/strict'
import test from 'node:test'
import { clearTraffic, phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { failures, idOf, pathOf } from './support.ts'

const voicemail = 'tel:+15550999'
const question = `query ($id: ID!) { twinning(id: $id) { __typename ... on SecondaryTwinning { voicemailAccess { address } } } }`

// Who asks, and what the rules give: the field's value, a refusal of it, nothing at all, or the door.
const callers = [
  {
    who: 'the device with twinning:voicemail',
    scope: 'twinning:read twinning:voicemail',
    own: true,
    gets: 'value',
  },
  { who: 'the device without twinning:voicemail', scope: 'twinning:read', own: true, gets: 'refusal' },
  {
    who: 'the device with nothing but twinning:voicemail',
    scope: 'twinning:voicemail',
    own: true,
    gets: 'nothing',
  },
  {
    who: 'a portal with twinning:voicemail',
    scope: 'twinning:read:any twinning:voicemail',
    own: false,
    gets: 'value',
  },
  { who: 'a portal without twinning:voicemail', scope: 'twinning:read:any', own: false, gets: 'refusal' },
  { who: 'analytics', scope: 'twinning:analytics', own: false, gets: 'refusal' },
  {
    who: 'analytics with twinning:voicemail',
    scope: 'twinning:analytics twinning:voicemail',
    own: false,
    gets: 'refusal',
  },
  {
    who: 'a stranger with twinning:voicemail',
    scope: 'twinning:read twinning:voicemail',
    own: false,
    gets: 'nothing',
  },
  { who: 'nobody', scope: undefined, own: false, gets: 'door' },
] as const

test('voicemailAccess by role, status, reading and caller', async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  let pairs = 0

  for (const role of ['Secondary', 'Primary'] as const)
    for (const twinningStatus of ['Pending', 'On', 'Off'] as const)
      for (const vmAddressOn of ['Secondary', 'Primary'] as const)
        for (const { who, scope, own, gets } of callers)
          await t.test(`${role}, ${twinningStatus}, address on ${vmAddressOn}, ${who}: ${gets}`, async () => {
            // Devices of their own for each case, so that nothing of them is cached.
            pairs += 1
            const secondary = `tel:+1556${1000 + pairs}`
            const primary = `tel:+1555${1000 + pairs}`
            const id = `tw-${pairs}`
            const on = (end: string) => vmAddressOn === end && { primaryDeviceVMAddress: voicemail }
            beta.seed({
              id,
              ownAddress: secondary,
              twinningStatus,
              otherDevice: { address: primary },
              ...on('Secondary'),
            })
            alpha.seed({
              id,
              ownAddress: primary,
              role: 'Primary',
              twinningStatus,
              otherDevice: { address: secondary },
              ...on('Primary'),
            })
            const device = role === 'Secondary' ? secondary : primary
            const other = own ? device : gets === 'nothing' ? phone : undefined
            clearTraffic(sandbox)

            const answer = await query(
              scope === undefined ? undefined : await token(scope, other),
              question,
              { id: idOf(role === 'Secondary' ? 'beta' : 'alpha', device, id) },
            )

            if (gets === 'door') {
              assert.equal(answer.status, 401)
              assert.deepEqual(failures(answer), [{ code: 'UNAUTHENTICATED', path: undefined }])
              assert.deepEqual(answer.data, {})
              assert.deepEqual(upstreamTraffic(sandbox), [])
              return
            }
            assert.equal(answer.status, 200)
            if (gets === 'nothing') {
              assert.deepEqual(answer.data, { twinning: null })
              assert.deepEqual(failures(answer), [])
              assert.deepEqual(upstreamTraffic(sandbox), [])
              return
            }
            const read = `GET ${pathOf(device, id)}`
            if (role === 'Primary') {
              assert.deepEqual(answer.data, { twinning: { __typename: 'PrimaryTwinning' } })
              assert.deepEqual(failures(answer), [])
              assert.deepEqual(upstreamTraffic(sandbox), [read])
              return
            }
            const isThere = gets === 'value' && twinningStatus === 'On'
            assert.deepEqual(answer.data, {
              twinning: {
                __typename: 'SecondaryTwinning',
                voicemailAccess: isThere ? { address: voicemail } : null,
              },
            })
            assert.deepEqual(
              failures(answer),
              gets === 'refusal' ? [{ code: 'FORBIDDEN', path: ['twinning', 'voicemailAccess'] }] : [],
            )
            assert.deepEqual(
              upstreamTraffic(sandbox).sort(),
              [read, ...(isThere && vmAddressOn === 'Primary' ? [`GET ${pathOf(primary)}`] : [])].sort(),
            )
          })
})

test('whoever may not read voicemailAccess gets one refusal, whatever the status is', async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const messages = new Set<string>()

  for (const twinningStatus of ['Pending', 'On', 'Off'] as const) {
    sandbox.operators.beta.seed({
      id: twinningStatus,
      ownAddress: watch,
      twinningStatus,
      primaryDeviceVMAddress: voicemail,
    })
    const { errors } = await query(await token('twinning:read', watch), question, {
      id: idOf('beta', watch, twinningStatus),
    })
    for (const { message } of errors) messages.add(message)
  }

  assert.deepEqual([...messages], ['the access token lacks the scope twinning:voicemail'])
})

test('voicemailAccess of many twinnings and many fields costs one further read for each Primary device', async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  const phones = [phone, 'tel:+15550200']
  const watches = [watch, 'tel:+15560102', 'tel:+15560103']
  for (const [p, primary] of phones.entries())
    for (const [w, secondary] of watches.entries()) {
      beta.seed({ id: `s-${p}-${w}`, ownAddress: secondary, otherDevice: { address: primary } })
      alpha.seed({
        id: `p-${p}-${w}`,
        role: 'Primary',
        ownAddress: primary,
        otherDevice: { address: secondary },
        primaryDeviceVMAddress: `tel:+1555099${p}${w}`,
      })
    }
  const fields =
    'twinnings { nodes { ... on SecondaryTwinning { a: voicemailAccess { address } b: voicemailAccess { address } } } }'

  const { data, errors } = await query(
    await token('twinning:read:any twinning:voicemail'),
    `query ($watches: [DeviceAddress!]!, $id: ID!) {
      twinningDevices(addresses: $watches) { ${fields} again: ${fields} }
      twinning(id: $id) { ... on SecondaryTwinning { voicemailAccess { address } } }
    }`,
    { watches, id: idOf('beta', watch, 's-0-0') },
  )

  const nodesOf = (w: number) => ({
    nodes: phones.map((_, p) => ({
      a: { address: `tel:+1555099${p}${w}` },
      b: { address: `tel:+1555099${p}${w}` },
    })),
  })
  assert.deepEqual(errors, [])
  assert.deepEqual(data, {
    twinningDevices: watches.map((_, w) => ({ twinnings: nodesOf(w), again: nodesOf(w) })),
    twinning: { voicemailAccess: { address: 'tel:+155509900' } },
  })
  assert.deepEqual(
    upstreamTraffic(sandbox).sort(),
    [...watches, ...phones].map((device) => `GET ${pathOf(device)}`).sort(),
  )
})

test("an address on the Secondary's own resource spares the Primary's list", async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  beta.seed({
    id: 'tw1',
    ownAddress: watch,
    otherDevice: { address: phone },
    primaryDeviceVMAddress: 'tel:+15550777',
  })
  alpha.seed({
    id: 'tw2',
    role: 'Primary',
    ownAddress: phone,
    otherDevice: { address: watch },
    primaryDeviceVMAddress: voicemail,
  })

  const { data } = await query(await token('twinning:read twinning:voicemail', watch), question, {
    id: idOf('beta', watch, 'tw1'),
  })

  assert.deepEqual(data.twinning.voicemailAccess, { address: 'tel:+15550777' })
  assert.deepEqual(upstreamTraffic(sandbox), [`GET ${pathOf(watch, 'tw1')}`])
})

for (const { title, ends } of [
  {
    title: "another Secondary's end",
    ends: [{ role: 'Primary' as const, otherDevice: { address: 'tel:+15560102' } }],
  },
  { title: 'an end without another device', ends: [{ role: 'Primary' as const }] },
  { title: "the Primary device's own Secondary end", ends: [{ otherDevice: { address: watch } }] },
])
  test(`${title} on the Primary device does not tell a Secondary where voice mail is`, async (t) => {
    const { query, sandbox, token } = await startGateway(t)
    sandbox.operators.beta.seed({ id: 'tw1', ownAddress: watch, otherDevice: { address: phone } })
    for (const end of ends)
      sandbox.operators.alpha.seed({ ownAddress: phone, primaryDeviceVMAddress: voicemail, ...end })

    const answer = await query(await token('twinning:read twinning:voicemail', watch), question, {
      id: idOf('beta', watch, 'tw1'),
    })

    assert.deepEqual(answer.data, { twinning: { __typename: 'SecondaryTwinning', voicemailAccess: null } })
    assert.deepEqual(answer.errors, [])
  })

test('of the ends that a pair has left on the Primary device, the one that is On and has an address tells', async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  beta.seed({ id: 'tw1', ownAddress: watch, otherDevice: { address: phone } })
  const end = { role: 'Primary' as const, ownAddress: phone, otherDevice: { address: watch } }
  alpha.seed({ ...end, twinningStatus: 'Off', primaryDeviceVMAddress: 'tel:+15550111' })
  alpha.seed(end)
  alpha.seed({ ...end, primaryDeviceVMAddress: voicemail })

  const { data } = await query(await token('twinning:read twinning:voicemail', watch), question, {
    id: idOf('beta', watch, 'tw1'),
  })

  assert.deepEqual(data.twinning.voicemailAccess, { address: voicemail })
})

for (const [primary, why] of [
  ['tel:+19990100', 'that no operator serves'],
  [undefined, 'that is not named'],
] as const)
  test(`a Primary device ${why} is not asked where voice mail is`, async (t) => {
    const { query, sandbox, token } = await startGateway(t)
    sandbox.operators.beta.seed({
      id: 'tw1',
      ownAddress: watch,
      ...(primary !== undefined && { otherDevice: { address: primary } }),
    })

    const answer = await query(await token('twinning:read twinning:voicemail', watch), question, {
      id: idOf('beta', watch, 'tw1'),
    })

    assert.equal(answer.data.twinning.voicemailAccess, null)
    assert.deepEqual(answer.errors, [])
    assert.deepEqual(upstreamTraffic(sandbox), [`GET ${pathOf(watch, 'tw1')}`])
  })

test("a Primary's operator that does not answer costs the field and nothing else", async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  beta.seed({ id: 'tw1', ownAddress: watch, otherDevice: { address: phone } })
  alpha.faults.add({ status: 503 })

  const answer = await query(await token('twinning:read twinning:voicemail', watch), question, {
    id: idOf('beta', watch, 'tw1'),
  })

  assert.deepEqual(answer.data, { twinning: { __typename: 'SecondaryTwinning', voicemailAccess: null } })
  assert.deepEqual(failures(answer), [
    { code: 'UPSTREAM_UNAVAILABLE', path: ['twinning', 'voicemailAccess'] },
  ])
})

const unreadable = { role: 'Tertiary', ownAddress: phone }
const readable = {
  role: 'Primary',
  twinningStatus: 'On',
  ownAddress: phone,
  otherDevice: { address: watch },
  primaryDeviceVMAddress: voicemail,
  resourceURL: 'http://op.example/twinnings/tw2',
}
for (const [title, members, isKnown] of [
  ['that may be the one looked for is an error of the field, not a null', [unreadable], false],
  ['beside a readable one of the pair is not missed', [unreadable, readable], true],
] as const)
  test(`an end on the Primary device that can't be read and ${title}`, async (t) => {
    const { query, sandbox, token } = await startGateway(t)
    const { alpha, beta } = sandbox.operators
    beta.seed({ id: 'tw1', ownAddress: watch, otherDevice: { address: phone } })
    alpha.faults.add({ body: { twinningList: { twinning: [...members] } } })

    const answer = await query(await token('twinning:read twinning:voicemail', watch), question, {
      id: idOf('beta', watch, 'tw1'),
    })

    assert.deepEqual(answer.data.twinning.voicemailAccess, isKnown ? { address: voicemail } : null)
    assert.deepEqual(
      answer.errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      isKnown
        ? []
        : [
            {
              message:
                "operator alpha gave an answer that can't be used: twinningList.twinning[0].resourceURL: expected an http or https URL, got nothing",
              path: ['twinning', 'voicemailAccess'],
              extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
            },
          ],
    )
  })

const safe = [
  ['tel:+1-555-0999', 'tel:+15550999'],
  ['TEL:+15550999', 'tel:+15550999'],
  [' tel:*86 ', 'tel:*86'],
  ['sip:vm@alpha.example', 'sip:vm@alpha.example'],
  ['sips:vm@ALPHA.example', 'sips:vm@alpha.example'],
  ['acr:abc123', 'acr:abc123'],
] as const

const unsafe = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\tscript:alert(1)',
  'vbscript:msgbox(1)',
  'https://vm.example/',
  'http://vm.example/',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'mailto:vm@alpha.example',
  'telx:+15550999',
  'tel:javascript:alert(1)',
  'tel:+15550999\njavascript:alert(1)',
  'sip:vm@alpha.example"><script>',
  'sip:vm@alpha.example?subject=x',
  'tel:',
  'tel',
  '+15550999',
  '//vm.example',
  '',
  ' ',
  '\t\n',
]

test('voicemailAccess is a URI of one of the four schemes, or null', async (t) => {
  const { query, sandbox, token } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  let pairs = 0

  for (const vmAddressOn of ['Secondary', 'Primary'] as const)
    for (const [given, shown] of [...safe, ...unsafe.map((address) => [address, undefined] as const)])
      await t.test(`${JSON.stringify(given)} on ${vmAddressOn}: ${shown ?? 'null'}`, async () => {
        pairs += 1
        const secondary = `tel:+1556${2000 + pairs}`
        const primary = `tel:+1555${2000 + pairs}`
        const on = (end: string) => vmAddressOn === end && { primaryDeviceVMAddress: given }
        beta.seed({ id: 'tw1', ownAddress: secondary, otherDevice: { address: primary }, ...on('Secondary') })
        alpha.seed({
          id: 'tw2',
          role: 'Primary',
          ownAddress: primary,
          otherDevice: { address: secondary },
          ...on('Primary'),
        })

        const answer = await query(
          await token('twinning:read twinning:voicemail', secondary),
          '{ twinningDevice { twinnings { nodes { ... on SecondaryTwinning { voicemailAccess { address } } } } } }',
        )

        assert.deepEqual(answer.errors, [])
        assert.deepEqual(answer.data.twinningDevice.twinnings.nodes, [
          { voicemailAccess: shown === undefined ? null : { address: shown } },
        ])
      })
})
