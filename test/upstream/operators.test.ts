// Which operator is asked for a device.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createSandbox } from '../../src/sandbox/world.ts'
import { startGateway } from '../support/gateway.ts'
import { startServer, type RawServer } from '../support/operator.ts'

/** One bare server in the place of several operators, told apart by their server roots. */
async function startWith(t: TestContext, patterns: Readonly<Record<string, string[]>>) {
  const server: RawServer = await startServer(t, (_, response) => response.end('{"twinningList": {}}'))
  const gateway = await startGateway(t, {
    config: (config) => ({
      ...config,
      operators: Object.entries(patterns).map(([id, match]) => ({
        id,
        match,
        serverRoot: new URL(`${server.url}/${id}`),
        auth: { type: 'none' },
      })),
    }),
  })
  return { ...gateway, server }
}

const document =
  'query ($address: DeviceAddress!) { twinningDevice(address: $address) { address twinnings { totalCount } } }'

const table = {
  rest: ['*'],
  us: ['tel:+1'],
  alpha: ['tel:+1-555', 'sip:*@alpha.example'],
  fleet: ['tel:+15550199', 'sip:car*@alpha.example'],
}
for (const [address, operator] of Object.entries({
  'tel:+15550100': 'alpha',
  'tel:+1(555)0100': 'alpha',
  'tel:+15550199': 'fleet',
  'tel:+15550198': 'alpha',
  'tel:+15560101': 'us',
  'tel:+442071838750': 'rest',
  'sip:bob@alpha.example': 'alpha',
  'sip:bob@ALPHA.example': 'alpha',
  'sip:car-7@alpha.example': 'fleet',
  'sip:bob@beta.example': 'rest',
  'acr:7f4a': 'rest',
}))
  test(`${address} is ${operator}’s, by the longest match`, async (t) => {
    const { query, token, server } = await startWith(t, table)

    const { errors } = await query(await token('twinning:read:any'), document, { address })

    assert.deepEqual(errors, [])
    assert.deepEqual(
      server.requests.map((line) => line.split('/')[1]),
      [operator],
    )
  })

test('the order of the operators says nothing', async (t) => {
  const { query, token, server } = await startWith(t, Object.fromEntries(Object.entries(table).reverse()))

  await query(await token('twinning:read:any'), document, { address: 'tel:+15550199' })

  assert.deepEqual(server.requests, ['GET /fleet/twinning/v1/tel%3A%2B15550199/twinnings'])
})

test('a device that no operator serves is a Device, whose twinnings are null and BAD_USER_INPUT', async (t) => {
  const { query, token, server } = await startWith(t, { alpha: ['tel:+1555'] })

  const { data, errors } = await query(await token('twinning:read:any'), document, {
    address: 'tel:+15560101',
  })

  assert.deepEqual(data, { twinningDevice: { address: 'tel:+15560101', twinnings: null } })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message: 'no operator serves this device address',
        path: ['twinningDevice', 'twinnings'],
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  )
  assert.deepEqual(server.requests, [])
})

test('a change for a device that no operator serves is INVALID_INPUT on deviceAddress', async (t) => {
  const { query, token, server } = await startWith(t, { alpha: ['tel:+1555'] })

  const { data, errors } = await query(
    await token('twinning:write', 'tel:+15560101'),
    'mutation { requestTwinning(input: {}) { twinning { id } userErrors { code message field } } }',
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(data.requestTwinning, {
    twinning: null,
    userErrors: [
      {
        code: 'INVALID_INPUT',
        message: 'no operator serves this device address',
        field: ['input', 'deviceAddress'],
      },
    ],
  })
  assert.deepEqual(server.requests, [])
})

test('an id of an operator that serves the device no more leads nowhere, and nobody is asked', async (t) => {
  const sandbox = await createSandbox({ seed: false })
  t.after(sandbox.close)
  const { alpha } = sandbox.operators
  alpha.seed({ ownAddress: 'tel:+15550100', id: 'tw1' })
  const before = await startGateway(t, { sandbox })
  const asPhone = await before.token('twinning:read', 'tel:+15550100')
  const { data } = await before.query(asPhone, '{ twinningDevice { twinnings { nodes { id } } } }')
  const [{ id }] = data.twinningDevice.twinnings.nodes as [{ id: string }]
  alpha.clearRequests()
  const after = await startGateway(t, {
    sandbox,
    config: (config) => ({ ...config, operators: config.operators.map((o) => ({ ...o, id: `${o.id}-2` })) }),
  })

  const answer = await after.query(asPhone, 'query ($id: ID!) { twinning(id: $id) { name } }', { id })

  assert.deepEqual([answer.data, answer.errors], [{ twinning: null }, []])
  assert.deepEqual(alpha.requests(), [])
})
