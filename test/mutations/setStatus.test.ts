import assert from 'node:assert/strict'
import test from 'node:test'
import {
  clearTraffic,
  phone,
  startGateway,
  upstreamTraffic,
  watch,
  type Gateway,
} from '../support/gateway.ts'
import { learnIds, pathOf, requestError } from '../support/twinnings.ts'

const toggle = `mutation ($id: ID!, $to: TwinningToggle!) { setTwinningStatus(input: {id: $id, twinningStatus: $to}) {
  twinning { id twinningStatus }
  userErrors { code message field omaMessageId }
} }`
const statuses =
  'query ($a: DeviceAddress) { twinningDevice(address: $a) { twinnings { nodes { twinningStatus } } } }'
const path = pathOf(watch, 'w1')

async function seedOne(gateway: Gateway, elements: object = {}): Promise<string> {
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 'w1', name: 'myWatch', ...elements })
  const [id = ''] = await learnIds(gateway, watch)
  return id
}

/** A phone and a watch that are On with each other, twinned by the rules; the ids of their ends. */
async function twin(gateway: Gateway): Promise<{ atWatch: string; atPhone: string }> {
  const token = await gateway.token('twinning:write:any twinning:read:any', watch)
  const requested = await gateway.query(
    token,
    'mutation { requestTwinning(input: {}) { twinning { id activationCode } } }',
  )
  const { id: atWatch, activationCode } = requested.data.requestTwinning.twinning
  const activated = await gateway.query(
    token,
    'mutation ($c: String!, $a: DeviceAddress) { activateTwinning(input: {activationCode: $c, deviceAddress: $a}) { twinning { id } } }',
    { c: activationCode, a: phone },
  )
  clearTraffic(gateway.sandbox)
  return { atWatch, atPhone: activated.data.activateTwinning.twinning.id }
}

for (const [from, to, wire] of [
  ['On', 'OFF', 'Off'],
  ['Off', 'ON', 'On'],
] as const)
  test(`a toggle to ${to} is one GET and one PUT of the whole representation, with what the gateway does not know`, async (t) => {
    const gateway = await startGateway(t)
    const { beta } = gateway.sandbox.operators
    const id = await seedOne(gateway, { twinningStatus: from, vendorThing: { deep: [1, null, 'x'] } })

    const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
      id,
      to,
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: to }, userErrors: [] })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${path}`, `PUT ${path}`])
    const [, put] = beta.requests()
    assert.deepEqual(put?.body, {
      twinning: {
        role: 'Secondary',
        name: 'myWatch',
        twinningStatus: wire,
        ownAddress: watch,
        resourceURL: `${beta.serverRoot}/twinning/v1${path}`,
        vendorThing: { deep: [1, null, 'x'] },
      },
    })
    assert.match(put.headers['if-match'] ?? '', /^"[^"]+"$/)
    assert.deepEqual(beta.twinning(watch, 'w1')?.vendorThing, { deep: [1, null, 'x'] })
  })

test('a toggle to the status that it has already is answered without a PUT', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)

  const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
    id,
    to: 'ON',
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: 'ON' }, userErrors: [] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${path}`])
})

test('what a toggle found out is not hidden by what was cached before', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)
  const token = await gateway.token('twinning:read twinning:write', watch)
  await gateway.query(token, statuses)
  await seedOne(gateway, { twinningStatus: 'Off' })

  const toggled = await gateway.query(token, toggle, { id, to: 'OFF' })
  const { data } = await gateway.query(token, statuses)

  assert.equal(toggled.data.setTwinningStatus.twinning.twinningStatus, 'OFF')
  assert.deepEqual(data.twinningDevice.twinnings.nodes, [{ twinningStatus: 'OFF' }])
})

for (const to of ['ON', 'OFF'])
  test(`a toggle to ${to} while PENDING is INVALID_STATUS_TRANSITION without a PUT`, async (t) => {
    const gateway = await startGateway(t)
    const id = await seedOne(gateway, { twinningStatus: 'Pending' })

    const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
      id,
      to,
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.setTwinningStatus, {
      twinning: null,
      userErrors: [
        {
          code: 'INVALID_STATUS_TRANSITION',
          message: 'a twinning that is PENDING turns ON by activation on the Primary device',
          field: ['input', 'twinningStatus'],
          omaMessageId: null,
        },
      ],
    })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${path}`])
  })

test('PENDING is no status to toggle to', async (t) => {
  const { query, token } = await startGateway(t)

  const { errors } = await query(await token('twinning:write', watch), toggle, { id: 'x', to: 'PENDING' })

  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['BAD_USER_INPUT'],
  )
})

test('after a PUT answered with 204, what came of it is read', async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.settings.putAnswers204 = true
  const id = await seedOne(gateway)

  const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
    id,
    to: 'OFF',
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: 'OFF' }, userErrors: [] })
  assert.equal(gateway.sandbox.operators.beta.twinning(watch, 'w1')?.twinningStatus, 'Off')
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${path}`, `PUT ${path}`, `GET ${path}`])
})

test('where that reading fails, what was sent is answered: the change is made', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  beta.settings.putAnswers204 = true
  const id = await seedOne(gateway)
  void beta
    .nextRequest(({ method }) => method === 'PUT')
    .then(() => beta.faults.add({ match: { method: 'GET' }, status: 503 }))

  const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
    id,
    to: 'OFF',
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: 'OFF' }, userErrors: [] })
})

test('on a 412 the twinning is read again, and the change put on top of what somebody else wrote', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  const id = await seedOne(gateway)
  beta.faults.add({ match: { method: 'PUT' }, status: 412, body: requestError('SVC0002', 'stale'), times: 1 })
  void beta
    .nextRequest(({ method }) => method === 'PUT')
    .then(() => beta.seed({ ownAddress: watch, id: 'w1', name: 'by somebody else' }))

  const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
    id,
    to: 'OFF',
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: 'OFF' }, userErrors: [] })
  assert.equal(beta.twinning(watch, 'w1')?.name, 'by somebody else')
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [
    `GET ${path}`,
    `PUT ${path}`,
    `GET ${path}`,
    `PUT ${path}`,
  ])
  const [, first, , second] = beta.requests()
  assert.notEqual(first?.headers['if-match'], second?.headers['if-match'])
})

test('after a 412, a twinning that somebody else has toggled already is answered as it is', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  const id = await seedOne(gateway)
  beta.faults.add({ match: { method: 'PUT' }, status: 412, body: '' })
  void beta
    .nextRequest(({ method }) => method === 'PUT')
    .then(() => beta.seed({ ownAddress: watch, id: 'w1', twinningStatus: 'Off' }))

  const { data } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
    id,
    to: 'OFF',
  })

  assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: 'OFF' }, userErrors: [] })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${path}`, `PUT ${path}`, `GET ${path}`])
})

for (const [what, body, message, omaMessageId] of [
  ['without a word', '', 'somebody else has changed this meanwhile: read it again', null],
  ['with a reason', requestError('SVC0002', 'Invalid %1', ['If-Match']), 'Invalid If-Match', 'SVC0002'],
] as const)
  test(`a second 412, ${what}, is CONFLICT`, async (t) => {
    const gateway = await startGateway(t)
    const id = await seedOne(gateway)
    gateway.sandbox.operators.beta.faults.add({ match: { method: 'PUT' }, status: 412, body })

    const { data, errors } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
      id,
      to: 'OFF',
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.setTwinningStatus, {
      twinning: null,
      userErrors: [{ code: 'CONFLICT', message, field: null, omaMessageId }],
    })
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [
      `GET ${path}`,
      `PUT ${path}`,
      `GET ${path}`,
      `PUT ${path}`,
    ])
  })

test('an operator without ETags gets a PUT without If-Match', async (t) => {
  const gateway = await startGateway(t)
  const { beta } = gateway.sandbox.operators
  const id = await seedOne(gateway)
  beta.faults.add({
    match: { method: 'GET' },
    body: { twinning: { ...beta.twinning(watch, 'w1') } } as never,
  })

  const { data } = await gateway.query(await gateway.token('twinning:write', watch), toggle, {
    id,
    to: 'OFF',
  })

  assert.equal(data.setTwinningStatus.twinning.twinningStatus, 'OFF')
  assert.equal(beta.requests().at(-1)?.headers['if-match'], undefined)
})

for (const [what, fault, code] of [
  ['answered in time', undefined, undefined],
  ['done, but answered too late', { hang: true }, 'UPSTREAM_TIMEOUT'],
  ['done, but its connection broken', { reset: true }, 'UPSTREAM_UNAVAILABLE'],
] as const)
  for (const end of ['atWatch', 'atPhone'] as const)
    test(`whoever reads either end after a toggle ${end} that was ${what} sees it`, async (t) => {
      const gateway = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '400' } })
      const { query, sandbox } = gateway
      const ids = await twin(gateway)
      const token = await gateway.token('twinning:write:any twinning:read:any')
      const read = async () =>
        Promise.all(
          [watch, phone].map(
            async (a) =>
              (await query(token, statuses, { a })).data.twinningDevice.twinnings.nodes as object[],
          ),
        )
      assert.deepEqual(await read(), [[{ twinningStatus: 'ON' }], [{ twinningStatus: 'ON' }]])
      const own = end === 'atWatch' ? sandbox.operators.beta : sandbox.operators.alpha
      if (fault) own.faults.add({ match: { method: 'PUT' }, processed: true, times: 1, ...fault })

      const { errors } = await query(token, toggle, { id: ids[end], to: 'OFF' })

      assert.deepEqual(
        errors.map(({ extensions }) => extensions.code),
        code === undefined ? [] : [code],
      )
      assert.deepEqual(await read(), [[{ twinningStatus: 'OFF' }], [{ twinningStatus: 'OFF' }]])
    })

const notFound = {
  twinning: null,
  userErrors: [
    { code: 'NOT_FOUND', message: 'there is no such twinning', field: ['input', 'id'], omaMessageId: null },
  ],
}
test("garbage and somebody else's id are NOT_FOUND alike, and no operator is asked", async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)
  const asPhone = await gateway.token('twinning:read:any twinning:write', phone)

  const foreign = await gateway.query(asPhone, toggle, { id, to: 'OFF' })
  const garbage = await gateway.query(asPhone, toggle, { id: 'garbage', to: 'OFF' })

  assert.deepEqual([foreign.data.setTwinningStatus, garbage.data.setTwinningStatus], [notFound, notFound])
  assert.deepEqual([foreign.errors, garbage.errors], [[], []])
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})

test('a twinning that is gone is NOT_FOUND, and is not answered from the cache any more', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)
  const token = await gateway.token('twinning:read twinning:write', watch)
  await gateway.query(token, statuses)
  gateway.sandbox.operators.beta.seed({ ownAddress: 'tel:+15560102', id: 'w1' })

  const toggled = await gateway.query(token, toggle, { id, to: 'OFF' })
  const { data } = await gateway.query(token, statuses)

  assert.deepEqual(toggled.data.setTwinningStatus, notFound)
  assert.deepEqual(data.twinningDevice.twinnings.nodes, [])
})

test("one's own twinning without twinning:write is FORBIDDEN, and no operator is asked", async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)

  const { data, errors } = await gateway.query(await gateway.token('twinning:read', watch), toggle, {
    id,
    to: 'OFF',
  })

  assert.deepEqual(data, { setTwinningStatus: null })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message: 'the access token does not allow changing twinnings',
        path: ['setTwinningStatus'],
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  )
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [])
})

test('twinning:write:any toggles the twinning of any device', async (t) => {
  const gateway = await startGateway(t)
  const id = await seedOne(gateway)

  const { data } = await gateway.query(await gateway.token('twinning:write:any'), toggle, { id, to: 'OFF' })

  assert.deepEqual(data.setTwinningStatus, { twinning: { id, twinningStatus: 'OFF' }, userErrors: [] })
})
