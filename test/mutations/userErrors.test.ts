// What each refusal of an operator means to the person behind each mutation.
import assert from 'node:assert/strict'
import test from 'node:test'
import { startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { learnIds, requestError } from '../support/twinnings.ts'

const userErrors = 'userErrors { code message field omaMessageId }'
const mutations = {
  request: {
    method: 'POST',
    text: `m: requestTwinning(input: {name: "n"}) { twinning { id } ${userErrors} }`,
  },
  activate: {
    method: 'POST',
    text: `m: activateTwinning(input: {activationCode: "CODE-1", name: "n"}) { twinning { id } ${userErrors} }`,
  },
  toggle: {
    method: 'PUT',
    text: `m: setTwinningStatus(input: {id: "ID", twinningStatus: OFF}) { twinning { id } ${userErrors} }`,
  },
  rename: {
    method: 'PUT',
    text: `m: renameTwinning(input: {id: "ID", name: "n"}) { twinning { id } ${userErrors} }`,
  },
  delete: {
    method: 'DELETE',
    text: `m: deleteTwinning(input: {id: "ID"}) { twinning: deletedTwinningId ${userErrors} }`,
  },
}
type Mutation = keyof typeof mutations
const all = Object.keys(mutations) as Mutation[]
const existing: Mutation[] = ['toggle', 'rename', 'delete']

/** `status messageId variables`: what the operator answers. */
type Answer = readonly [status: number, messageId?: string, ...variables: string[]]
const text = 'it said %1'
const said = (variable = '%1') => `it said ${variable}`

const refused: [Mutation[], Answer, { code: string; message: string; field: string | null }][] = [
  // Invalid input values.
  [
    ['request', 'rename'],
    [400, 'SVC0002', 'name'],
    { code: 'INVALID_INPUT', message: said('name'), field: 'name' },
  ],
  [
    ['request', 'rename'],
    [400, 'SVC0003', 'twinning.name', 'a, b'],
    { code: 'INVALID_INPUT', message: said('twinning.name'), field: 'name' },
  ],
  [['activate'], [400, 'SVC0002', 'name'], { code: 'INVALID_INPUT', message: said('name'), field: 'name' }],
  [['request'], [400, 'SVC0002'], { code: 'INVALID_INPUT', message: said(), field: null }],
  [['rename'], [400, 'SVC0002'], { code: 'INVALID_INPUT', message: said(), field: 'name' }],
  [['toggle', 'delete'], [400, 'SVC0002'], { code: 'INVALID_INPUT', message: said(), field: null }],
  [
    ['request', 'activate'],
    [400, 'SVC0004', 'userId'],
    { code: 'INVALID_INPUT', message: said('userId'), field: 'deviceAddress' },
  ],
  [
    ['request', 'activate'],
    [404, 'SVC0004', 'userId'],
    { code: 'INVALID_INPUT', message: said('userId'), field: 'deviceAddress' },
  ],
  [
    ['request', 'activate'],
    [400, 'SVC0002', 'ownAddress'],
    { code: 'INVALID_INPUT', message: said('ownAddress'), field: 'deviceAddress' },
  ],
  [['request'], [400, 'SVC2002'], { code: 'INVALID_INPUT', message: said(), field: null }],
  [['rename'], [400, 'SVC2002'], { code: 'INVALID_INPUT', message: said(), field: 'name' }],
  // What the operator blames is no field of this mutation.
  [
    ['request', 'toggle'],
    [400, 'SVC0002', 'activationCode'],
    { code: 'INVALID_INPUT', message: said('activationCode'), field: null },
  ],
  [['toggle'], [400, 'SVC0002', 'name'], { code: 'INVALID_INPUT', message: said('name'), field: null }],
  [
    ['delete'],
    [400, 'SVC0002', 'ownAddress'],
    { code: 'INVALID_INPUT', message: said('ownAddress'), field: null },
  ],
  // The activation code.
  [
    ['activate'],
    [400, 'SVC0002', 'activationCode'],
    { code: 'INVALID_ACTIVATION_CODE', message: said('activationCode'), field: 'activationCode' },
  ],
  [
    ['activate'],
    [400, 'SVC0002', 'twinning.activationCode'],
    { code: 'INVALID_ACTIVATION_CODE', message: said('twinning.activationCode'), field: 'activationCode' },
  ],
  [
    ['activate'],
    [400, 'SVC0002'],
    { code: 'INVALID_ACTIVATION_CODE', message: said(), field: 'activationCode' },
  ],
  [
    ['activate'],
    [400, 'SVC0003'],
    { code: 'INVALID_ACTIVATION_CODE', message: said(), field: 'activationCode' },
  ],
  [
    ['activate'],
    [409, 'SVC0002', 'activationCode'],
    { code: 'INVALID_ACTIVATION_CODE', message: said('activationCode'), field: 'activationCode' },
  ],
  [
    ['activate'],
    [404],
    {
      code: 'INVALID_ACTIVATION_CODE',
      message: 'this activation code is unknown, expired or used',
      field: 'activationCode',
    },
  ],
  [
    ['activate'],
    [410],
    {
      code: 'INVALID_ACTIVATION_CODE',
      message: 'this activation code is unknown, expired or used',
      field: 'activationCode',
    },
  ],
  // Status.
  [
    ['toggle'],
    [400, 'SVC0003', 'twinningStatus', 'Pending'],
    { code: 'INVALID_STATUS_TRANSITION', message: said('twinningStatus'), field: 'twinningStatus' },
  ],
  [
    ['toggle'],
    [409, 'SVC0002', 'twinningStatus'],
    { code: 'INVALID_STATUS_TRANSITION', message: said('twinningStatus'), field: 'twinningStatus' },
  ],
  [
    ['toggle'],
    [409, 'SVC0001'],
    { code: 'INVALID_STATUS_TRANSITION', message: said(), field: 'twinningStatus' },
  ],
  // Gone, or changed by somebody else.
  [existing, [404, 'SVC0002', 'twinningId'], { code: 'NOT_FOUND', message: said('twinningId'), field: 'id' }],
  [existing, [404], { code: 'NOT_FOUND', message: 'there is no such twinning', field: 'id' }],
  [existing, [410], { code: 'NOT_FOUND', message: 'there is no such twinning', field: 'id' }],
  [
    all,
    [409],
    { code: 'CONFLICT', message: 'somebody else has changed this meanwhile: read it again', field: null },
  ],
  [
    all,
    [412],
    { code: 'CONFLICT', message: 'somebody else has changed this meanwhile: read it again', field: null },
  ],
  // Policy, whatever the status.
  [all, [403, 'POL0001', 'x'], { code: 'REFUSED_BY_POLICY', message: said('x'), field: null }],
  [all, [403, 'POL0002'], { code: 'REFUSED_BY_POLICY', message: said(), field: null }],
  [all, [400, 'POL0003', 'name'], { code: 'REFUSED_BY_POLICY', message: said('name'), field: null }],
  [all, [409, 'POL0001'], { code: 'REFUSED_BY_POLICY', message: said(), field: null }],
]

const failed: [Mutation[], Answer, { code: string; message: string }][] = [
  [all, [400], { code: 'UPSTREAM_INVALID_RESPONSE', message: 'operator beta answered with HTTP status 400' }],
  [
    ['request'],
    [404],
    { code: 'UPSTREAM_INVALID_RESPONSE', message: 'operator beta answered with HTTP status 404' },
  ],
  [all, [400, 'SVC1014', 'x'], { code: 'UPSTREAM_INVALID_RESPONSE', message: said('x') }],
  [all, [400, 'SVC0001', 'x'], { code: 'UPSTREAM_UNAVAILABLE', message: said('x') }],
  [all, [400, 'SVC2001'], { code: 'UPSTREAM_UNAVAILABLE', message: said() }],
  [all, [401, 'SVC2003'], { code: 'UPSTREAM_UNAVAILABLE', message: said() }],
  [all, [400, 'SVC2003'], { code: 'UPSTREAM_UNAVAILABLE', message: said() }],
  [all, [403, 'SVC0002', 'name'], { code: 'UPSTREAM_UNAVAILABLE', message: said('name') }],
  [all, [429], { code: 'RATE_LIMITED', message: 'operator beta answered with HTTP status 429' }],
  [all, [429, 'POL0001'], { code: 'RATE_LIMITED', message: said() }],
  [all, [500, 'SVC0002', 'name'], { code: 'UPSTREAM_UNAVAILABLE', message: said('name') }],
  [all, [500, 'SVC0001'], { code: 'UPSTREAM_UNAVAILABLE', message: said() }],
  [all, [503], { code: 'UPSTREAM_UNAVAILABLE', message: 'operator beta answered with HTTP status 503' }],
]

async function change(t: test.TestContext, mutation: Mutation, [status, messageId, ...variables]: Answer) {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 'w1' })
  const [id = ''] = await learnIds(gateway, watch)
  const body = messageId === undefined ? '' : requestError(messageId, text, variables)
  const { method, text: document } = mutations[mutation]
  beta.faults.add({ match: { method }, status, body })
  const answer = await gateway.query(
    await gateway.token('twinning:write', watch),
    `mutation { ${document.replace('ID', id)} }`,
  )
  return {
    ...answer,
    writes: upstreamTraffic(gateway.sandbox).filter((line) => line.startsWith(method)).length,
  }
}

const named = (operation: Mutation, [status, ...rest]: Answer) =>
  `${operation}, answered with ${[status, ...rest].join(' ')}`

for (const [operations, answer, { code, message, field }] of refused)
  for (const operation of operations)
    test(`${named(operation, answer)}: ${code}`, async (t) => {
      const { data, errors, writes } = await change(t, operation, answer)

      assert.deepEqual(errors, [])
      assert.deepEqual(data.m, {
        twinning: null,
        userErrors: [{ code, message, field: field && ['input', field], omaMessageId: answer[1] ?? null }],
      })
      assert.equal(writes, answer[0] === 412 && ['toggle', 'rename'].includes(operation) ? 2 : 1)
    })

for (const [operations, answer, { code, message }] of failed)
  for (const operation of operations)
    test(`${named(operation, answer)}: the GraphQL error ${code}`, async (t) => {
      const { data, errors, writes } = await change(t, operation, answer)

      const [httpStatus, messageId] = answer
      assert.deepEqual(data, { m: null })
      assert.deepEqual(
        errors.map((error) => ({ message: error.message, path: error.path, ...error.extensions })),
        [
          {
            message,
            path: ['m'],
            code,
            ...(messageId !== undefined && {
              oma: { messageId, text: message, httpStatus, operator: 'beta' },
            }),
          },
        ],
      )
      // A 401 is answered with new credentials, once; nothing else is tried again.
      assert.equal(writes, httpStatus === 401 ? 2 : 1)
    })
