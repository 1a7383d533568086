// What operators answer, and what comes of it at the front door.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/sandbox/faults.ts'
import { startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { listQuery, wireTwinning, type Json } from '../support/operator.ts'

const path = ['twinningDevice', 'twinnings']
const listOfWatch = 'GET /tel%3A%2B15560101/twinnings'

async function startWithList(t: Parameters<typeof startGateway>[0], fault: Fault, environment = {}) {
  const gateway = await startGateway(t, { environment })
  const token = await gateway.token('twinning:read', watch)
  gateway.sandbox.operators.beta.faults.add(fault)
  return { ...gateway, list: () => gateway.query(token, listQuery) }
}

const lists: [what: string, body: Json, names: string[]][] = [
  [
    'an array of two',
    listBody([wireTwinning(watch, 'a', { name: 'A' }), wireTwinning(watch, 'b', { name: 'B' })]),
    ['A', 'B'],
  ],
  ['an array of one', listBody([wireTwinning(watch, 'a', { name: 'A' })]), ['A']],
  ['one object', listBody(wireTwinning(watch, 'a', { name: 'A' })), ['A']],
  ['an empty array', listBody([]), []],
  ['a list without the element', { twinningList: { resourceURL: 'http://op.example/' } }, []],
  [
    'a member with elements that nobody knows',
    listBody([wireTwinning(watch, 'a', { name: 'A', tier: [1] })]),
    ['A'],
  ],
]
for (const [what, body, names] of lists)
  test(`a list that arrives as ${what} is read`, async (t) => {
    const { list, sandbox } = await startWithList(t, { body })

    const { data, errors, extensions } = await list()

    assert.deepEqual([errors, extensions?.warnings], [[], undefined])
    assert.deepEqual(data, { twinningDevice: { twinnings: { nodes: names.map((name) => ({ name })) } } })
    assert.deepEqual(upstreamTraffic(sandbox), [listOfWatch])
  })

test('an operator’s 404 on a device’s list is an empty list', async (t) => {
  const { list } = await startWithList(t, { status: 404, body: '<html>not here</html>' })

  const { data, errors } = await list()

  assert.deepEqual(errors, [])
  assert.deepEqual(data, { twinningDevice: { twinnings: { nodes: [] } } })
})

test('one member that can’t be decoded is told in extensions.warnings, and the others are answered', async (t) => {
  const body = listBody([
    wireTwinning(watch, 'a', { role: 'Tertiary' }),
    wireTwinning(watch, 'b', { name: 'B' }),
  ])
  const { list } = await startWithList(t, { body })

  const { data, errors, extensions } = await list()

  assert.deepEqual(errors, [])
  assert.deepEqual(data, { twinningDevice: { twinnings: { nodes: [{ name: 'B' }] } } })
  assert.deepEqual(extensions?.warnings, [
    {
      code: 'UPSTREAM_INVALID_RESPONSE',
      message: 'twinningList.twinning[0].role: expected Primary or Secondary, got "Tertiary"',
      path,
    },
  ])
})

const unusable: [what: string, fault: Fault, problem: string][] = [
  [
    'HTML',
    { status: 200, body: '<html><h1>db7.internal</h1></html>' },
    'body: expected JSON, got something else',
  ],
  ['nothing', { status: 200, body: '' }, 'body: expected JSON, got nothing'],
  ['white space', { status: 200, body: ' \n' }, 'body: expected JSON, got nothing'],
  ['204', { status: 204 }, 'body: expected JSON, got nothing'],
  ['broken JSON', { status: 200, body: '{"twinningList": {"tw' }, 'body: expected JSON, got something else'],
  ['a JSON list', { status: 200, body: [] }, 'body: expected an object, got a list'],
  [
    'JSON of another form',
    { status: 200, body: { twinnings: [] } },
    'twinningList: expected an object, got nothing',
  ],
  ['half a body', { truncate: true }, 'body: expected all of it, got a part'],
  ['no byte of a body that it has announced', { truncate: 0 }, 'body: expected all of it, got a part'],
  [
    'a redirect',
    { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
    'status: expected 2xx, got 302',
  ],
  ['304 to what was not conditional', { status: 304 }, 'status: expected 2xx, got 304'],
]
for (const [what, fault, problem] of unusable)
  test(`an operator that answers ${what} gives UPSTREAM_INVALID_RESPONSE, said without quoting it`, async (t) => {
    const { list, sandbox } = await startWithList(t, fault)

    const { status, data, errors } = await list()

    assert.equal(status, 200)
    assert.deepEqual(data, { twinningDevice: { twinnings: null } })
    assert.deepEqual(withoutLocations(errors), [
      {
        message: `operator beta gave an answer that can't be used: ${problem}`,
        path,
        extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
      },
    ])
    assert.deepEqual(upstreamTraffic(sandbox), [listOfWatch])
  })

test('one twinning that is not what it should be is UPSTREAM_INVALID_RESPONSE by its path', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  beta.seed({ ownAddress: watch, id: 'tw1' })
  const asWatch = await token('twinning:read', watch)
  const { data } = await query(asWatch, '{ twinningDevice { twinnings { nodes { id } } } }')
  const [{ id }] = data.twinningDevice.twinnings.nodes as [{ id: string }]
  beta.faults.add({ body: { twinning: wireTwinning(watch, 'tw1', { otherDevice: { address: 'phone' } }) } })
  const other = await (
    await startGateway(t, { sandbox })
  ).query(asWatch, 'query ($id: ID!) { twinning(id: $id) { name } }', { id })

  assert.deepEqual(other.data, { twinning: null })
  assert.deepEqual(withoutLocations(other.errors), [
    {
      message:
        "operator beta gave an answer that can't be used: twinning.otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got another string",
      path: ['twinning'],
      extensions: { code: 'UPSTREAM_INVALID_RESPONSE' },
    },
  ])
})

const svc = (messageId: string, text = 'Refused for %1', variables: Json = ['reason']) => ({
  requestError: { serviceException: { messageId, text, variables } },
})
const pol = {
  requestError: { policyException: { messageId: 'POL0001', text: 'Refused for %1', variables: 'reason' } },
}

const refusals: [fault: Fault, code: string, messageId: string | undefined, more?: object][] = [
  [{ status: 400, body: svc('SVC0002') }, 'BAD_USER_INPUT', 'SVC0002'],
  [{ status: 400, body: svc('SVC0003') }, 'BAD_USER_INPUT', 'SVC0003'],
  [{ status: 400, body: svc('SVC0004') }, 'BAD_USER_INPUT', 'SVC0004'],
  [{ status: 400, body: svc('SVC1014') }, 'UPSTREAM_INVALID_RESPONSE', 'SVC1014'],
  [{ status: 400, body: '<html>bad</html>' }, 'UPSTREAM_INVALID_RESPONSE', undefined],
  [{ status: 403, body: pol }, 'POLICY_VIOLATION', 'POL0001'],
  [{ status: 400, body: pol }, 'POLICY_VIOLATION', 'POL0001'],
  [{ status: 403, body: svc('SVC0001') }, 'UPSTREAM_UNAVAILABLE', 'SVC0001'],
  [{ status: 401, body: svc('SVC2003') }, 'UPSTREAM_UNAVAILABLE', 'SVC2003'],
  [{ status: 400, body: svc('SVC2001') }, 'UPSTREAM_UNAVAILABLE', 'SVC2001'],
  [{ status: 418, body: '' }, 'UPSTREAM_INVALID_RESPONSE', undefined],
  [{ status: 500, body: svc('SVC0001') }, 'UPSTREAM_UNAVAILABLE', 'SVC0001'],
  [{ status: 500, body: pol }, 'UPSTREAM_UNAVAILABLE', 'POL0001'],
  [{ status: 502, body: '<html>bad gateway</html>' }, 'UPSTREAM_UNAVAILABLE', undefined],
  [{ status: 503, body: '{"requestError": {' }, 'UPSTREAM_UNAVAILABLE', undefined],
  [{ status: 503, headers: { 'retry-after': '7' } }, 'UPSTREAM_UNAVAILABLE', undefined, { retryAfterS: 7 }],
  [{ status: 503, headers: { 'retry-after': 'soon' } }, 'UPSTREAM_UNAVAILABLE', undefined],
  [
    { status: 429, body: svc('SVC2001'), headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' } },
    'RATE_LIMITED',
    'SVC2001',
    { retryAfterS: 0 },
  ],
]
for (const [fault, code, messageId, more = {}] of refusals)
  test(`a ${fault.status ?? ''} with ${JSON.stringify(fault.headers ?? messageId ?? fault.body)} is ${code}`, async (t) => {
    const { list } = await startWithList(t, fault)

    const { data, errors } = await list()

    const httpStatus = fault.status
    const oma = { messageId, text: 'Refused for reason', httpStatus, operator: 'beta' }
    assert.deepEqual(data, { twinningDevice: { twinnings: null } })
    assert.deepEqual(withoutLocations(errors), [
      {
        message:
          messageId === undefined
            ? `operator beta answered with HTTP status ${httpStatus ?? ''}`
            : 'Refused for reason',
        path,
        extensions: { code, ...(messageId !== undefined && { oma }), ...more },
      },
    ])
  })

test('an operator that hangs gives UPSTREAM_TIMEOUT at the deadline', async (t) => {
  const { list } = await startWithList(t, { hang: true }, { OMA_TIMEOUT_MS: '200' })

  const { errors } = await list()

  assert.deepEqual(withoutLocations(errors), [
    {
      message: 'operator beta gave no answer in 200 ms',
      path,
      extensions: { code: 'UPSTREAM_TIMEOUT' },
    },
  ])
})

test('an operator that breaks the connection gives UPSTREAM_UNAVAILABLE', async (t) => {
  const { list } = await startWithList(t, { reset: true })

  const { errors } = await list()

  assert.deepEqual(withoutLocations(errors), [
    {
      message: 'operator beta could not be reached',
      path,
      extensions: { code: 'UPSTREAM_UNAVAILABLE' },
    },
  ])
})

test('an operator that fails takes nothing from another one’s devices', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.alpha.faults.add({ reset: true })
  sandbox.operators.beta.seed({ ownAddress: watch, id: 'tw1', name: 'myWatch' })

  const { data, errors } = await query(
    await token('twinning:read:any'),
    '{ twinningDevices(addresses: ["tel:+15550100", "tel:+15560101"]) { twinnings { nodes { name } } } }',
  )

  assert.deepEqual(data, {
    twinningDevices: [{ twinnings: null }, { twinnings: { nodes: [{ name: 'myWatch' }] } }],
  })
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions.code]),
    [[['twinningDevices', 0, 'twinnings'], 'UPSTREAM_UNAVAILABLE']],
  )
})

const echoes: [what: string, fault: Fault][] = [
  ['its text', { status: 500, body: svc('SVC0001', 'no such code: c0de-1234') }],
  ['its variables', { status: 500, body: svc('SVC0001', 'no such code: %1', ['c0de-1234']) }],
]
for (const [what, fault] of echoes)
  test(`an activationCode that an operator repeats in ${what} reaches nobody`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)
    sandbox.operators.alpha.faults.add({ ...fault, match: { method: 'POST' } })

    const { data, errors } = await query(
      await token('twinning:write', 'tel:+15550100'),
      'mutation { activateTwinning(input: {activationCode: "c0de-1234"}) { userErrors { message } } }',
    )

    assert.deepEqual(data, { activateTwinning: null })
    assert.deepEqual(withoutLocations(errors), [
      {
        message: 'no such code: [redacted]',
        path: ['activateTwinning'],
        extensions: {
          code: 'UPSTREAM_UNAVAILABLE',
          oma: { messageId: 'SVC0001', text: 'no such code: [redacted]', httpStatus: 500, operator: 'alpha' },
        },
      },
    ])
  })

test('an activationCode that an operator repeats in a refusal is not in the userErrors', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const body = svc('SVC0002', 'Invalid input value for message part %1: %2', ['activationCode', 'c0de-1234'])
  sandbox.operators.alpha.faults.add({ match: { method: 'POST' }, status: 400, body })

  const { data } = await query(
    await token('twinning:write', 'tel:+15550100'),
    'mutation { activateTwinning(input: {activationCode: "c0de-1234"}) { userErrors { code message field omaMessageId } } }',
  )

  assert.deepEqual(data.activateTwinning.userErrors, [
    {
      code: 'INVALID_ACTIVATION_CODE',
      message: 'Invalid input value for message part activationCode: [redacted]',
      field: ['input', 'activationCode'],
      omaMessageId: 'SVC0002',
    },
  ])
})

test('an activationCode that an operator repeats in the place of a role is not told', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const body = { twinning: wireTwinning('tel:+15550100', 'tw1', { role: 'secretword' }) }
  sandbox.operators.alpha.faults.add({ match: { method: 'POST' }, status: 201, body: body })

  const { errors } = await query(
    await token('twinning:write', 'tel:+15550100'),
    'mutation { activateTwinning(input: {activationCode: "secretword"}) { userErrors { message } } }',
  )

  assert.deepEqual(
    errors.map(({ message }) => message),
    [
      'operator alpha gave an answer that can\'t be used: twinning.role: expected Primary or Secondary, got "[redacted]"',
    ],
  )
})

function listBody(twinning: Json): Json {
  return { twinningList: { twinning, resourceURL: 'http://operator.example/' } }
}

function withoutLocations(errors: readonly object[]): object[] {
  return errors.map((error) =>
    Object.fromEntries(Object.entries(error).filter(([name]) => name !== 'locations')),
  )
}

test('a code that the operator has shown once is not repeated in anything that it says later', async (t) => {
  const gateway = await startGateway(t, { environment: { CACHE_TTL_S: '0', CACHE_STALE_S: '0' } })
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 'w1', authCode: 'ZZZ' })
  const token = await gateway.token('twinning:read twinning:write', watch)
  const first = await gateway.query(token, '{ twinningDevice { twinnings { nodes { id } } } }')
  const { id } = first.data.twinningDevice.twinnings.nodes[0]
  const said = { messageId: 'POL0001', text: 'no %1 here', variables: ['ZZZ'] }
  const body = { requestError: { policyException: said } }

  beta.faults.add({ match: { method: 'GET' }, status: 500, body })
  const read = await gateway.query(token, 'query ($id: ID!) { twinning(id: $id) { name } }', { id })
  beta.faults.clear()
  beta.faults.add({ match: { method: 'DELETE' }, status: 403, body })
  const removed = await gateway.query(
    token,
    'mutation ($id: ID!) { deleteTwinning(input: { id: $id }) { userErrors { message } } }',
    { id },
  )

  assert.deepEqual(
    read.errors.map(({ message }) => message),
    ['no [redacted] here'],
  )
  assert.deepEqual(removed.data.deleteTwinning, { userErrors: [{ message: 'no [redacted] here' }] })
})
