import assert from 'node:assert/strict'
import test from 'node:test'
import { phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { pathOf } from '../support/twinnings.ts'

const document = `query ($a: [DeviceAddress!]!) { twinningStatistics(addresses: $a) {
  devices devicesUnavailable twinnings byStatus { twinningStatus count } byRole { role count }
} }`

const statistics = (
  [devices, devicesUnavailable, twinnings]: [number, number, number],
  [PENDING, ON, OFF]: [number, number, number],
  [PRIMARY, SECONDARY]: [number, number],
) => ({
  devices,
  devicesUnavailable,
  twinnings,
  byStatus: Object.entries({ PENDING, ON, OFF }).map(([twinningStatus, count]) => ({
    twinningStatus,
    count,
  })),
  byRole: Object.entries({ PRIMARY, SECONDARY }).map(([role, count]) => ({ role, count })),
})

test('twinnings are counted by status and by role, one read for each device', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  alpha.seed({ ownAddress: phone, role: 'Primary' })
  alpha.seed({ ownAddress: phone, role: 'Primary', twinningStatus: 'Off' })
  beta.seed({ ownAddress: watch })
  beta.seed({ ownAddress: watch, twinningStatus: 'Pending' })
  const none = 'sip:nothing@beta.example'

  const { data, errors } = await query(await token('twinning:analytics'), document, {
    a: [phone, watch, none],
  })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.twinningStatistics, statistics([3, 0, 4], [1, 2, 1], [2, 2]))
  assert.deepEqual(
    upstreamTraffic(sandbox).sort(),
    [phone, none, watch].map((address) => `GET ${pathOf(address)}`).sort(),
  )
})

test('a device named twice, however it is spelt, counts once', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.beta.seed({ ownAddress: watch })

  const { data } = await query(await token('twinning:analytics'), document, {
    a: [watch, 'tel:+1-556-0101', watch],
  })

  assert.deepEqual(data.twinningStatistics, statistics([1, 0, 1], [0, 1, 0], [0, 1]))
  assert.deepEqual(upstreamTraffic(sandbox), [`GET ${pathOf(watch)}`])
})

for (const [what, fault] of [
  ['refuses', { status: 503, body: '' }],
  ['breaks the connection', { reset: true }],
  ['does not answer in time', { hang: true }],
  ['answers with what can’t be read', { body: 'nonsense' }],
] as const)
  test(`devices whose operator ${what} are unavailable, and the others are counted`, async (t) => {
    const { query, token, sandbox } = await startGateway(t, { environment: { OMA_TIMEOUT_MS: '200' } })
    const { alpha, beta } = sandbox.operators
    alpha.seed({ ownAddress: phone, role: 'Primary' })
    beta.seed({ ownAddress: watch })
    beta.faults.add(fault)

    const { data, errors } = await query(await token('twinning:analytics'), document, {
      a: [watch, phone, 'tel:+15560102'],
    })

    assert.deepEqual(errors, [])
    assert.deepEqual(data.twinningStatistics, statistics([3, 2, 1], [0, 1, 0], [1, 0]))
  })

test('a device that no operator serves is unavailable', async (t) => {
  const { query, token } = await startGateway(t)

  const { data, errors } = await query(await token('twinning:analytics'), document, { a: ['tel:+4912345'] })

  assert.deepEqual(errors, [])
  assert.deepEqual(data.twinningStatistics, statistics([1, 1, 0], [0, 0, 0], [0, 0]))
})

test('what can’t be decoded is not counted, and a warning names it', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { beta } = sandbox.operators
  beta.seed({ ownAddress: watch, otherDevice: { address: 'nonsense' } })
  beta.seed({ ownAddress: watch })

  const { data, extensions } = await query(await token('twinning:analytics'), document, { a: [watch] })

  assert.deepEqual(data.twinningStatistics, statistics([1, 0, 1], [0, 1, 0], [0, 1]))
  assert.deepEqual(extensions?.warnings, [
    {
      code: 'UPSTREAM_INVALID_RESPONSE',
      message:
        'twinningList.twinning[0].otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got another string',
      path: ['twinningStatistics'],
    },
  ])
})

test('statistics take twinning:analytics, and no operator is asked without it', async (t) => {
  const { query, token, sandbox } = await startGateway(t)

  const { data, errors } = await query(await token('twinning:read:any', watch), document, { a: [watch] })

  assert.deepEqual(data, { twinningStatistics: null })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message: 'the access token lacks the scope twinning:analytics',
        path: ['twinningStatistics'],
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  )
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('500 devices are 500 reads, and the same again is none', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const addresses = Array.from({ length: 500 }, (_, i) => `tel:+1556${1000 + i}`)
  const analyst = await token('twinning:analytics')

  const first = await query(analyst, document, { a: addresses })
  const again = await query(analyst, document, { a: addresses })

  assert.deepEqual(first.data.twinningStatistics, statistics([500, 0, 0], [0, 0, 0], [0, 0]))
  assert.deepEqual(again.data, first.data)
  assert.equal(upstreamTraffic(sandbox).length, 500)
})
