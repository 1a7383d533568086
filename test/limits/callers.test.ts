// Who asks for too much is told when to come again, whatever it asks for and however it asks.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { startGateway, watch, type Answer, type Gateway } from '../support/gateway.ts'
import { startBoth } from '../fast/support.ts'

// An estimated 11.
const list = '{ twinningDevice { twinnings { nodes { name } } } }'
const costOfList = 11
const plain = '{ twinningDevice { address } }'

function stopClock({ mock }: TestContext) {
  mock.timers.enable({ apis: ['Date'], now: Math.ceil(Date.now() / 60_000) * 60_000 })
  return (ms: number) => mock.timers.setTime(Date.now() + ms)
}

function assertLimited({ status, headers, errors, data }: Answer, seconds: number) {
  assert.deepEqual(errors, [
    {
      message: `too much was asked for in a minute: ask again in ${seconds} s`,
      extensions: { code: 'RATE_LIMITED', retryAfterS: seconds },
    },
  ])
  assert.deepEqual(data, {})
  assert.equal(status, 429)
  assert.equal(headers.get('retry-after'), String(seconds))
  assert.equal(headers.get('cache-control'), 'no-store')
}

/** How many of so many requests are answered. */
async function admitted({ query }: Pick<Gateway, 'query'>, token: string, count: number, document = list) {
  let answered = 0
  for (let n = 0; n < count; n++) if ((await query(token, document)).status === 200) answered += 1
  return answered
}

for (const fastPath of ['on', 'off'])
  test(`a caller may ask for so much in a minute, and then again once that has passed: FAST_PATH=${fastPath}`, async (t) => {
    const turn = stopClock(t)
    const limit = String(3 * costOfList)
    const gateway = await startGateway(t, { environment: { RATE_LIMIT: limit, FAST_PATH: fastPath } })
    const token = await gateway.token('twinning:read', watch)

    assert.equal(await admitted(gateway, token, 3), 3)
    const refused = await gateway.query(token, list)
    // Nothing is left, so that one unit is what it waits for.
    assertLimited(refused, 62)
    assertLimited(await gateway.query(token, list), 62)

    turn(60_000)
    assert.equal((await gateway.query(token, list)).status, 429)
    turn(Number(refused.headers.get('retry-after')) * 1000 - 60_000)
    assert.equal((await gateway.query(token, plain)).status, 200)
    turn(20_000)
    assert.equal((await gateway.query(token, list)).status, 200)
  })

test('the limit is each caller’s own, with however many tokens it comes', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: String(3 * costOfList) } })
  const tokensOf = (sub: string) =>
    Promise.all([1, 2, 3, 4].map((jti) => gateway.token('twinning:read', watch, { sub, jti: String(jti) })))
  const answered: Record<string, number> = {}

  for (const sub of ['one', 'other'])
    for (const token of await tokensOf(sub))
      answered[sub] = (answered[sub] ?? 0) + (await admitted(gateway, token, 1))

  assert.deepEqual(answered, { one: 3, other: 3 })
})

test('what costs more counts for more, and what costs nothing or can’t be read counts as well', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: '100' } })
  const token = await gateway.token('twinning:read', watch)
  const count = async (sub: string, document: string) => {
    const own = await gateway.token('twinning:read', watch, { sub })
    let taken = 0
    while ((await gateway.query(own, document)).status !== 429) taken += 1
    return taken
  }

  assert.deepEqual(
    {
      plain: await count('a', plain),
      list: await count('b', list),
      typename: await count('c', '{ __typename }'),
      nonsense: await count('d', '{ nonsense }'),
      broken: await count('e', '{'),
    },
    { plain: 100, list: 9, typename: 100, nonsense: 100, broken: 100 },
  )
  assert.equal((await gateway.query(token, list)).status, 200)
})

test('an operation that costs more than a minute’s worth is answered once a minute, not never', async (t) => {
  const turn = stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: '5' } })
  const token = await gateway.token('twinning:read', watch)

  assert.equal((await gateway.query(token, list)).status, 200)
  assertLimited(await gateway.query(token, plain), 72)
  turn(120_000)
  assert.equal((await gateway.query(token, plain)).status, 200)
  assertLimited(await gateway.query(token, list), 120)
})

test('a refusal is the same with the fast path and without it, for what is at hand and what is not', async (t) => {
  const both = await startBoth(t, { RATE_LIMIT: '103', RATE_LIMIT_UNAUTHENTICATED: '20' })
  const token = await both.fast.token('twinning:read', watch)
  const unknown = await both.fast.token('twinning:read', watch, { jti: 'another' })
  const statuses: number[] = []
  const ask = async (body: unknown, headers = {}, by: string | undefined = token) =>
    statuses.push((await both.ask(by, body, headers)).status)

  for (let n = 0; n < 9; n++) await ask({ query: list })
  assert.ok(both.hits() > 4)
  assert.deepEqual(statuses.splice(0), Array(9).fill(200))

  // Four are left: too little for what is at hand, enough for what costs less.
  await ask({ query: list })
  await ask({ query: plain })
  await ask({ query: list })
  await ask({ query: plain })
  for (const body of [{ query: list }, { query: plain }, { query: '{ nonsense }' }, '{', {}])
    for (const headers of [
      {},
      { accept: 'application/graphql-response+json' },
      { origin: 'https://a.example' },
    ])
      for (const by of [token, unknown]) await ask(body, headers, by)
  assert.deepEqual(statuses.splice(0, 4), [429, 200, 429, 200])
  assert.deepEqual([...new Set(statuses.splice(0))], [429])

  for (let n = 0; n < 20; n++) await ask({ query: plain }, {}, 'forged')
  assert.deepEqual(statuses.splice(0), Array(20).fill(401))
  await ask({ query: plain }, {}, 'forged')
  await ask({ query: plain }, {}, undefined)
  assert.equal((await both.ask(undefined, { query: plain })).status, 429)
})

test('what is filled in costs what it costs to execute it, whether or not it is there', async (t) => {
  const both = await startBoth(t, { RATE_LIMIT: '60' })
  const devices = Array.from({ length: 60 }, (_, n) => `tel:+155603${n}`)
  for (const [n, ownAddress] of devices.entries())
    both.fast.sandbox.operators.beta.seed({ ownAddress, id: `t${n}` })
  const unlimited = await both.fast.another({ RATE_LIMIT: '0' })
  const token = await both.fast.token('twinning:read:any')
  const { data } = await unlimited.query(
    token,
    'query ($a: [DeviceAddress!]!) { twinningDevices(addresses: $a) { twinnings { nodes { id } } } }',
    { a: devices },
  )
  const ids = (data.twinningDevices as { twinnings: { nodes: { id: string }[] } }[]).flatMap(
    ({ twinnings }) => twinnings.nodes.map(({ id }) => id),
  )
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name } } }'
  for (const [what, next] of [
    ['new', () => ids.splice(0, 3)],
    ['nonsense', () => ['x', 'y', 'z']],
  ] as const) {
    const own = await both.fast.token('twinning:read:any', undefined, { sub: what })
    // Known by its query, and its caller by its token.
    const [first = ''] = ids
    const statuses: number[] = []
    const ask = async (chosen: readonly string[]) => {
      const r = chosen.map((id) => ({ __typename: 'Twinning', id }))
      const { status } = await both.ask(own, { query, variables: { r } }, {}, `${what}, ${statuses.length}`)
      statuses.push(status)
    }
    await ask([first])
    both.hits()
    while (statuses.at(-1) === 200) await ask(next())

    // 1, and 3 each time, of 60.
    assert.equal(statuses.length, 1 + 19 + 1, what)
    assert.equal(both.hits(), 19, what)
  }
})

test('a stream is refused like anything else', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: '10' } })
  const token = await gateway.token('twinning:read', watch)
  const subscription = 'subscription { twinningChanged { kind twinning { name } } }'
  const open = async () => {
    const response = await fetch(`${gateway.url}/graphql/stream`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: subscription }),
    })
    const { status, headers } = response
    if (status === 200) await response.body?.cancel()
    return {
      status,
      retryAfter: headers.get('retry-after'),
      body: status === 200 ? '' : await response.text(),
    }
  }

  const statuses = []
  let last = await open()
  for (; last.status === 200; last = await open()) statuses.push(last.status)

  assert.ok(statuses.length > 0 && statuses.length < 10, `${statuses.length} were opened`)
  assert.equal(last.status, 429)
  assert.match(last.retryAfter ?? '', /^\d+$/)
  assert.match(last.body, /"code":"RATE_LIMITED","retryAfterS":\d+/)
})

test('over a socket a subscription too many is refused by itself, and a connection too many is closed', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: '20' } })
  const token = await gateway.token('twinning:read', watch)
  const connect = async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    t.after(() => socket.terminate())
    await once(socket, 'open')
    const messages: { type: string; id?: string; payload?: { extensions: object }[] }[] = []
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as (typeof messages)[0]))
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    return { socket, messages }
  }
  const { socket, messages } = await connect()
  await once(socket, 'message')
  for (let n = 0; n < 20; n++)
    socket.send(JSON.stringify({ type: 'subscribe', id: String(n), payload: { query: 'subscription { twinningChanged { kind twinning { name } } }' } })) // prettier-ignore
  while (messages.filter(({ type }) => type === 'error').length === 0) await once(socket, 'message')

  const [refused] = messages.filter(({ type }) => type === 'error')
  assert.match(JSON.stringify(refused?.payload), /"code":"RATE_LIMITED","retryAfterS":\d+/)
  assert.equal(socket.readyState, WebSocket.OPEN)

  while (messages.filter(({ type }) => type === 'error').length < 10) await once(socket, 'message')
  const { socket: second } = await connect()
  const [code] = (await once(second, 'close')) as [number]
  assert.equal(code, 1013)
})

test('forged tokens of one address are soon not even verified, while callers that are known go on', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT_UNAUTHENTICATED: '50' } })
  const token = await gateway.token('twinning:read', watch)
  assert.equal((await gateway.query(token, plain)).status, 200)
  const [header, claims] = token.split('.')
  const statuses: number[] = []

  for (let n = 0; n < 60; n++) {
    const forged = `${header}.${claims}.${Buffer.alloc(64, n).toString('base64url')}`
    statuses.push((await gateway.query(forged, plain)).status)
  }

  assert.deepEqual(statuses, [...Array<number>(50).fill(401), ...Array<number>(10).fill(429)])
  assert.equal((await gateway.query(token, plain)).status, 200)
  assertLimited(await gateway.query(undefined, plain), 62)
})

test('whom a proxy asks for is believed of trusted proxies alone', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT_UNAUTHENTICATED: '3' } })
  const trusting = await gateway.another({ TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1' })
  const ask = async ({ url }: Gateway, forwardedFor: string) =>
    (await fetch(`${url}/graphql`, { method: 'POST', headers: { 'x-forwarded-for': forwardedFor } })).status
  const askMany = async (one: Gateway, from: (n: number) => string) => {
    const statuses = []
    for (let n = 1; n <= 5; n++) statuses.push(await ask(one, from(n)))
    return statuses.filter((status) => status === 429).length
  }

  assert.equal(await askMany(gateway, (n) => `192.0.2.${n}`), 2)
  assert.equal(await askMany(trusting, (n) => `192.0.2.${n}`), 0)
  assert.equal(await askMany(trusting, (n) => `192.0.2.${n}, 198.51.100.1, 10.0.0.1`), 2)
  assert.equal(await askMany(trusting, () => '198.51.100.2:443'), 2)
  // Of one network of IPv6 there are more addresses than anybody could count.
  assert.equal(await askMany(trusting, (n) => `2001:db8::${n}`), 2)
  assert.equal(await askMany(trusting, (n) => `2001:db8:0:${n}::1`), 0)
})

test('RATE_LIMIT_MODE=measure only counts', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: '24', RATE_LIMIT_MODE: 'measure' } })
  const token = await gateway.token('twinning:read', watch)

  assert.equal(await admitted(gateway, token, 5), 5)

  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  assert.match(metrics, /twinning_rate_limited_total\{by="caller",outcome="measured"\} [1-9]/)
})

test('0 sets no limit, and AUTH=off tells callers apart by their addresses', async (t) => {
  stopClock(t)
  const gateway = await startGateway(t, { environment: { RATE_LIMIT: '0', RATE_LIMIT_UNAUTHENTICATED: '0' } })
  const open = await gateway.another({ AUTH: 'off', RATE_LIMIT: '24', TRUSTED_PROXIES: '127.0.0.1' })
  const token = await gateway.token('twinning:read', watch)
  assert.equal(await admitted(gateway, token, 10), 10)

  const statuses = []
  for (const from of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])
    statuses.push(
      (
        await fetch(`${open.url}/graphql`, {
          method: 'POST',
          headers: { 'x-forwarded-for': from, 'content-type': 'application/json' },
          body: JSON.stringify({
            query: list.replace('twinningDevice', `twinningDevice(address: "${watch}")`),
          }),
        })
      ).status,
    )

  assert.deepEqual(statuses, [200, 200, 429, 200])
})
