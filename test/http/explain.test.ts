// What an answer took, told in it to whoever may see that.
import assert from 'node:assert/strict'
import test from 'node:test'
import { createExplanation, type Explained } from '../../src/telemetry/explanation.ts'
import { phone, startGateway, upstreamTraffic, watch, type Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { idOf } from '../access/support.ts'

const lists = `query ($first: DeviceAddress!, $second: DeviceAddress!) {
  first: twinningDevice(address: $first) { twinnings { nodes { name } } }
  second: twinningDevice(address: $second) { twinnings { nodes { name } } }
}`
const both = { first: watch, second: phone }
const list = `{ twinningDevice(address: "${watch}") { twinnings { nodes { name } } } }`
const id = idOf('beta', watch, 'tw1')
const one = `{ twinning(id: "${id}") { name } }`

type Told = { readonly status: number; readonly cacheControl: string | null; readonly body: Body }
type Body = {
  readonly data?: unknown
  readonly errors?: readonly unknown[]
  readonly extensions?: { readonly explain?: Explained }
}

async function ask(
  { url, token }: Gateway,
  query: string,
  {
    variables,
    scope = 'twinning:read:any twinning:write:any twinning:explain',
    header = { 'x-twinning-explain': '1' },
    authorization,
  }: { variables?: object; scope?: string; header?: Record<string, string>; authorization?: string } = {},
): Promise<Told> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: authorization ?? `Bearer ${await token(scope)}`,
      ...header,
    },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as Body
  return { status: response.status, cacheControl: response.headers.get('cache-control'), body }
}

async function explained(
  gateway: Gateway,
  query: string,
  { variables, authorization }: { variables?: object; authorization?: string } = {},
): Promise<Explained> {
  const { body, cacheControl } = await ask(gateway, query, {
    ...(variables && { variables }),
    ...(authorization !== undefined && { authorization }),
  })
  assert.ok(body.extensions?.explain, JSON.stringify(body))
  assert.equal(cacheControl, 'no-store')
  return body.extensions.explain
}

/** Without its times, which are looked at by themselves. */
function facts({ calls, cache, redis }: Explained) {
  return {
    calls: calls
      .map(({ operator, method, resource, attempt, status, shared }) =>
        [operator, method, resource, attempt, status, shared].join(' '),
      )
      .sort(),
    cache: cache.map(({ entity, tier, count }) => `${entity} ${tier} ${count}`),
    redis: redis.map(({ command, keys, answered }) => `${command} ${keys} ${String(answered)}`),
  }
}

function seed({ sandbox: { operators } }: Gateway): void {
  operators.beta.seed({ id: 'tw1', ownAddress: watch, name: 'myWatch', otherDevice: { address: phone } })
}

const template = '/twinning/v1/{userId}/twinnings'

test('cold, over two operators: each call by its template, and that the cache had nothing', async (t) => {
  const gateway = await startGateway(t)
  seed(gateway)

  const told = await explained(gateway, lists, { variables: both })

  assert.deepEqual(facts(told), {
    calls: [`alpha GET ${template} 1 200 no`, `beta GET ${template} 1 200 no`],
    cache: ['list none 2'],
    redis: [],
  })
  for (const { startMs, ms } of told.calls)
    assert.ok(startMs >= 0 && ms !== null && ms > 0 && startMs + ms <= told.ms, JSON.stringify(told))
})

test('warm: the tier that had it, and no call, also where the answer is at hand', async (t) => {
  const gateway = await startGateway(t)
  seed(gateway)
  // At hand is what a known token asks for.
  const authorization = `Bearer ${await gateway.token('twinning:read:any twinning:explain')}`
  for (let n = 0; n < 2; n++) await ask(gateway, one, { header: {}, authorization })

  const told = await explained(gateway, one, { authorization })

  assert.deepEqual(facts(told), { calls: [], cache: ['twinning memory 1'], redis: [] })
})

test('what another instance has read comes of Redis, by one command', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  seed(gateway)
  const another = await gateway.another()
  assert.deepEqual(facts(await explained(gateway, one)), {
    calls: [`beta GET ${template}/{twinningId} 1 200 no`],
    cache: ['twinning none 1'],
    redis: ['MGET 1 true'],
  })
  await until('it is in Redis', async () => {
    const told = facts(await explained(another, one))
    return told.cache[0] !== 'twinning none 1'
  })

  const third = await gateway.another()
  const told = await explained(third, one)

  assert.deepEqual(facts(told), { calls: [], cache: ['twinning redis 1'], redis: ['MGET 1 true'] })
})

test('an operator that fails is asked again, and what is stale says so', async (t) => {
  const gateway = await startGateway(t, { environment: { CACHE_TTL_S: '0' } })
  seed(gateway)
  await ask(gateway, list)
  gateway.sandbox.operators.beta.faults.add({ status: 503, body: {} })

  const { body } = await ask(gateway, list)

  assert.equal(body.errors, undefined)
  const { calls = [], cache } = body.extensions?.explain ? facts(body.extensions.explain) : {}
  assert.deepEqual(cache, ['list none 1', 'list stale 1'])
  // How often it is asked again, within the time for which something better is waited for, is left to chance.
  assert.equal(calls[0], `beta GET ${template} 1 503 no`)
})

test('an operator that fails leaves the other its answer; left alone, it is not asked', async (t) => {
  const gateway = await startGateway(t, { environment: { CACHE_STALE_S: '0' } })
  gateway.sandbox.operators.beta.faults.add({ reset: true })

  const { body } = await ask(gateway, lists, { variables: both })
  let left: Explained | undefined
  await until('it is left alone', async () => {
    left = await explained(gateway, list)
    return left.calls.every(({ attempt }) => attempt === 0)
  })

  assert.equal(body.errors?.length, 1)
  assert.deepEqual(body.extensions?.explain && facts(body.extensions.explain).calls, [
    `alpha GET ${template} 1 200 no`,
    ...[1, 2, 3].map((attempt) => `beta GET ${template} ${attempt} error no`),
  ])
  assert.deepEqual(left && facts(left).calls, [`beta GET ${template} 0 breaker no`])
})

test('who waits for a call that another request has begun is told of it, and so is that one', async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.faults.add({ delayMs: 300 })

  const told = await Promise.all([explained(gateway, list), explained(gateway, list)])

  assert.equal(upstreamTraffic(gateway.sandbox).length, 1)
  assert.deepEqual(told.flatMap((each) => facts(each).calls).sort(), [
    `beta GET ${template} 1 200 joined`,
    `beta GET ${template} 1 200 yes`,
  ])
})

test('who waits for another instance is told of that', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  const another = await gateway.another()
  gateway.sandbox.operators.beta.faults.add({ delayMs: 300 })

  const told = await Promise.all([explained(gateway, list), explained(another, list)])

  assert.equal(upstreamTraffic(gateway.sandbox).length, 1)
  assert.deepEqual(told.map(({ calls, waits }) => [calls.length, waits.length]).sort(), [
    [0, 1],
    [1, 0],
  ])
})

test('a change tells what it read and wrote', async (t) => {
  const gateway = await startGateway(t)
  seed(gateway)

  const told = await explained(
    gateway,
    `mutation { renameTwinning(input: { id: "${id}", name: "mine" }) { twinning { name } } }`,
  )

  assert.deepEqual(facts(told).calls, [
    `beta GET ${template}/{twinningId} 1 200 no`,
    `beta PUT ${template}/{twinningId} 1 200 no`,
  ])
})

test('what is refused before it is executed is explained as well', async (t) => {
  const gateway = await startGateway(t)

  const { body, cacheControl } = await ask(gateway, '{ nothing }')

  assert.equal(cacheControl, 'no-store')
  assert.deepEqual(body.extensions?.explain?.calls, [])
})

test('nothing in it is personal, or tells where an operator is', async (t) => {
  const redis = await startRedis(t)
  const gateway = await startGateway(t, { environment: { REDIS_URL: redis.url } })
  seed(gateway)

  const text = JSON.stringify([
    await explained(gateway, lists, { variables: both }),
    await explained(gateway, one),
    await explained(gateway, `mutation { deleteTwinning(input: { id: "${id}" }) { deletedTwinningId } }`),
  ])

  assert.match(text, /DELETE/)
  assert.doesNotMatch(text, /15560101|15550100|tw1|tel|myWatch|http|127\.0\.0\.1|localhost|exampleAPI/)
})

for (const [who, how] of [
  ['lacks the scope', { scope: 'twinning:read:any twinning:write:any twinning:voicemail' }],
  ['does not ask', { header: {} }],
  ['asks with something else', { header: { 'x-twinning-explain': 'yes' } }],
] as const)
  test(`who ${who} gets an ordinary answer`, async (t) => {
    const gateway = await startGateway(t)
    seed(gateway)

    const told = await ask(gateway, one, how)
    const again = await ask(gateway, one, how)

    for (const { status, cacheControl, body } of [told, again]) {
      assert.deepEqual([status, body.data], [200, { twinning: { name: 'myWatch' } }])
      assert.equal(body.extensions?.explain, undefined)
      assert.match(cacheControl ?? '', /^private, max-age=\d+$/)
    }
  })

test('with a token that is not valid there is nothing to explain', async (t) => {
  const gateway = await startGateway(t, { environment: { EXPLORER: 'off' } })

  const { status, body } = await ask(gateway, one, { authorization: 'Bearer nonsense' })

  assert.deepEqual([status, body.extensions], [401, undefined])
})

test('AUTH=off: everybody may ask', async (t) => {
  const gateway = await startGateway(t, { environment: { AUTH: 'off' } })

  const { body } = await ask(gateway, list, { scope: '' })

  assert.ok(body.extensions?.explain)
})

test("the sandbox's characters may ask", async (t) => {
  const gateway = await startGateway(t)
  const { characters } = gateway.sandbox

  for (const { token } of Object.values(characters)) {
    const { body } = await ask(gateway, '{ __typename }', { authorization: `Bearer ${await token()}` })
    assert.ok(body.extensions?.explain)
  }
})

test('an explained answer is nobody else’s, before or after', async (t) => {
  const gateway = await startGateway(t)
  seed(gateway)

  const authorization = `Bearer ${await gateway.token('twinning:read:any twinning:explain')}`

  const first = await explained(gateway, one, { authorization })
  const plain = [
    await ask(gateway, one, { header: {}, authorization }),
    await ask(gateway, one, { header: {}, authorization }),
  ]
  const last = await explained(gateway, one, { authorization })

  assert.deepEqual(
    plain.map(({ body }) => body.extensions?.explain),
    [undefined, undefined],
  )
  assert.equal(first.calls.length, 1)
  assert.equal(last.calls.length, 0)
})

test('of a request that does a great deal, the first of it is told, and how much was left out', () => {
  const { trail, told } = createExplanation(performance.now())
  const calls = trail.calls({ operator: 'beta', method: 'GET', resource: template })

  for (let n = 0; n < 600; n++) calls.begin({ address: 'op.example', port: 443 }).end(200)

  assert.deepEqual([told().calls.length, told().leftOut], [500, 100])
})
