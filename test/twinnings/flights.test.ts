// Many who want the same at once, through the front door.
import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import test from 'node:test'
import { createFlights, type Asking } from '../../src/twinnings/flights.ts'
import { startGateway, upstreamTraffic, watch } from '../support/gateway.ts'
import { startInFrontOf, startServer } from '../support/operator.ts'
import { startRedis } from '../support/redis.ts'
import { learnIds, pathOf, seedMany } from '../support/twinnings.ts'
import { until } from '../support/until.ts'

const list = '{ twinningDevice { twinnings { nodes { name } } } }'

for (const withRedis of [false, true])
  test(`200 requests at once for one cold list cost one read, ${withRedis ? 'with' : 'without'} Redis`, async (t) => {
    const environment = withRedis ? { REDIS_URL: (await startRedis(t)).url } : {}
    const gateway = await startGateway(t, { environment })
    seedMany(gateway.sandbox.operators.beta, watch, 3)
    gateway.sandbox.operators.beta.faults.add({ delayMs: 300 })
    const token = await gateway.token('twinning:read', watch)

    const answers = await Promise.all(Array.from({ length: 200 }, () => gateway.query(token, list)))

    for (const { data, errors, headers } of answers) {
      assert.deepEqual(errors, [])
      assert.equal(data.twinningDevice.twinnings.nodes.length, 3)
      assert.match(headers.get('cache-control') ?? '', /^private, max-age=(?:2[6-9]|30)$/)
    }
    assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch)}`])
  })

test('200 requests at once for one cold twinning cost one read', async (t) => {
  const gateway = await startGateway(t)
  seedMany(gateway.sandbox.operators.beta, watch, 1)
  const [id] = await learnIds(gateway, watch)
  gateway.sandbox.operators.beta.faults.add({ delayMs: 300 })
  const token = await gateway.token('twinning:read', watch)

  const answers = await Promise.all(
    Array.from({ length: 200 }, () =>
      gateway.query(token, 'query ($id: ID!) { twinning(id: $id) { name } }', { id }),
    ),
  )

  for (const { data } of answers) assert.deepEqual(data, { twinning: { name: 'tw-1' } })
  assert.deepEqual(upstreamTraffic(gateway.sandbox), [`GET ${pathOf(watch, 'tw-1')}`])
})

test('a failure is everybody’s who waited for it, and nobody’s after', async (t) => {
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.faults.add({ delayMs: 300, status: 400, times: 1 })
  const token = await gateway.token('twinning:read', watch)

  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.query(token, list)))
  const after = await gateway.query(token, list)

  for (const { errors } of answers) assert.equal(errors.length, 1)
  assert.deepEqual(after.errors, [])
})

test('under OMA_AUTH=forward each token reads for itself', async (t) => {
  const gateway = await startGateway(t, {
    config: (config) => ({
      ...config,
      operators: config.operators.map((operator) => ({ ...operator, auth: { type: 'forward' } })),
    }),
  })
  const { beta } = gateway.sandbox.operators
  beta.settings.auth = 'none'
  beta.faults.add({ delayMs: 200 })
  const tokens = [
    await gateway.token('twinning:read', watch),
    await gateway.token('twinning:read:any', watch),
  ]

  await Promise.all(tokens.flatMap((token) => [gateway.query(token, list), gateway.query(token, list)]))

  assert.deepEqual(
    beta
      .requests()
      .map(({ headers }) => headers.authorization)
      .sort(),
    tokens.map((token) => `Bearer ${token}`).sort(),
  )
})

test('who comes after an eviction does not get what was on its way before it', async (t) => {
  const responses: ServerResponse[] = []
  const operator = await startServer(t, (_, response) => responses.push(response))
  const gateway = await startInFrontOf(t, operator.url)
  const token = await gateway.token('twinning:read', watch)
  const answer = (index: number, name: string) =>
    responses[index]?.end(
      JSON.stringify({ twinningList: { twinning: [{ role: 'Secondary', name, twinningStatus: 'On', ownAddress: watch, resourceURL: `${operator.url}/twinning/v1/${encodeURIComponent(watch)}/twinnings/s1` }] } }), // prettier-ignore
    )
  const nameIn = (data: Record<string, any>) => data.twinningDevice.twinnings.nodes[0].name as string // eslint-disable-line @typescript-eslint/no-explicit-any -- as it came

  const before = gateway.query(token, list)
  await until('the first has asked', () => responses.length === 1)
  const { status } = await fetch(`${gateway.url}/notifications/default`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({
      twinningNotification: {
        link: [{ rel: 'Twinning', href: `${operator.url}/twinning/v1${pathOf(watch, 's1')}` }],
      },
    }),
  })
  const after = gateway.query(token, list)
  await until('the second has asked for itself', () => responses.length === 2)
  answer(1, 'new')
  answer(0, 'old')

  assert.equal(status, 204)
  assert.deepEqual([nameIn((await before).data), nameIn((await after).data)], ['old', 'new'])
  assert.equal(nameIn((await gateway.query(token, list)).data), 'new')
})

test('who leaves alone leaves the reading to the others; when all have gone it is given up', async (t) => {
  const responses: ServerResponse[] = []
  const operator = await startServer(t, (_, response) => responses.push(response))
  const gateway = await startInFrontOf(t, operator.url, { OMA_TIMEOUT_MS: '10000' })
  const token = await gateway.token('twinning:read', watch)
  const ask = (signal: AbortSignal) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: list }),
      signal,
    })
  const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()]

  const left = ask(one.signal)
  await until('it is asked', () => responses.length === 1)
  const stayed = ask(two.signal)
  await new Promise((resolve) => setTimeout(resolve, 100))
  one.abort()
  await assert.rejects(left)
  await new Promise((resolve) => setTimeout(resolve, 100))
  responses[0]?.end('{"twinningList":{}}')
  const answer = await stayed
  await answer.text()
  const again = await ask(three.signal)
  // The list is kept now: another device's is not.
  await again.text()

  const alone = new AbortController()
  const other = fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await gateway.token('twinning:read:any')}`,
    },
    body: JSON.stringify({
      query: '{ twinningDevice(address: "tel:+15560177") { twinnings { totalCount } } }',
    }),
    signal: alone.signal,
  })
  await until('the other device is asked for', () => responses.length === 2)
  const cancelled = once(responses[1] ?? assert.fail(), 'close')
  alone.abort()

  assert.equal(answer.status, 200)
  await assert.rejects(other)
  await cancelled
  assert.equal(responses[1]?.writableFinished, false)
})

const key = { tag: 'a', key: 'b', mark: { epoch: 1, generation: undefined } }

for (const fails of [false, true])
  test(`a reading that ${fails ? 'fails' : 'is done'} lets go of those who waited, and the next is another`, async () => {
    const flights = createFlights<string>({ isCurrent: () => true })
    const clients = [new AbortController(), new AbortController()]
    const landing = Promise.withResolvers<string>()
    let begun = 0
    const load = () => {
      begun += 1
      return landing.promise
    }
    const asking = clients.map(({ signal }) => flights.join(key, { signal, trail: undefined }, load))

    if (fails) landing.reject(new Error('failed'))
    else landing.resolve('done')
    const settled = await Promise.allSettled(asking)

    for (const outcome of settled)
      if (outcome.status === 'fulfilled') assert.equal(outcome.value, fails ? '' : 'done')
      else assert.match(String(outcome.reason), fails ? /failed/ : /^$/)
    for (const { signal } of clients) assert.equal(getEventListeners(signal, 'abort').length, 0)
    assert.equal(begun, 1)
    await flights
      .join(key, { signal: new AbortController().signal, trail: undefined }, load)
      .catch(() => undefined)
    assert.equal(begun, 2)
  })

test('whoever has gone before a reading begins is told why, and it is given up', async () => {
  const flights = createFlights<string>({ isCurrent: () => true })
  let given: AbortSignal | undefined
  const load = ({ signal }: Asking) => {
    given = signal
    return new Promise<string>(() => undefined)
  }

  const joined = flights.join(key, { signal: AbortSignal.abort('gone'), trail: undefined }, load)

  await assert.rejects(joined, (reason) => reason === 'gone')
  assert.equal(given?.reason, 'gone')
})
