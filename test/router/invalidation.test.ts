// A router that keeps our answers is told of changes: a server in the form of Apollo Router's invalidation endpoint.
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import test, { type TestContext } from 'node:test'
import { text } from 'node:stream/consumers'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { startServer } from '../support/operator.ts'
import { startRedis } from '../support/redis.ts'
import { learnIds } from '../support/twinnings.ts'

type Told = { authorization: string | undefined; type: string | undefined; body: unknown }

async function startRouter(
  t: TestContext,
  answer: (request: IncomingMessage) => number | Promise<number> = () => 202,
) {
  const told: Told[] = []
  const server = await startServer(t, (request, response) => {
    void (async () => {
      const body: unknown = JSON.parse(await text(request))
      told.push({ authorization: request.headers.authorization, type: request.headers['content-type'], body })
      response.statusCode = await answer(request)
      response.end()
    })()
  })
  const environment = {
    ROUTER_INVALIDATION_URL: `${server.url}/invalidation`,
    ROUTER_INVALIDATION_KEY: 'shared-key',
    ROUTER_SUBGRAPH_NAME: 'pairs',
  }
  return { told, environment, requests: server.requests }
}

function notify({ url, sandbox }: Gateway): Promise<Response> {
  return fetch(`${url}/notifications/beta`, {
    method: 'POST',
    headers: { authorization: 'Bearer notify-secret', 'content-type': 'application/json' },
    body: JSON.stringify({
      twinningNotification: {
        link: [
          {
            rel: 'Twinning',
            href: `${sandbox.operators.beta.serverRoot}/twinning/v1/${encodeURIComponent(watch)}/twinnings/s1`,
          },
        ],
      },
    }),
  })
}

async function tagsOf(gateway: Gateway, id: string): Promise<string[]> {
  const { extensions } = await gateway.query(
    await gateway.token('twinning:read', watch),
    'query ($id: ID!) { twinning(id: $id) { name } }',
    { id },
  )
  return extensions?.apolloCacheTags as string[]
}

test('a notification has the router drop what carries the tags of the twinning and of its device', async (t) => {
  const { told, environment, requests } = await startRouter(t)
  const gateway = await startGateway(t, { environment })
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1' })
  const [id = ''] = await learnIds(gateway, watch)
  const tags = await tagsOf(gateway, id)

  const { status } = await notify(gateway)

  assert.equal(status, 204)
  assert.deepEqual(requests, ['POST /invalidation'])
  const [{ body, ...head } = assert.fail('the router was told nothing')] = told
  assert.deepEqual(head, { authorization: 'shared-key', type: 'application/json' })
  const asked = body as { kind: string; subgraphs: string[]; cache_tag: string }[]
  assert.deepEqual(
    asked.map(({ kind, subgraphs }) => ({ kind, subgraphs })),
    Array(2).fill({ kind: 'cache_tag', subgraphs: ['pairs'] }),
  )
  assert.deepEqual(asked.map(({ cache_tag }) => cache_tag).sort(), [...tags].sort())
})

test('a change made here is told with the device at the other end', async (t) => {
  const { told, environment } = await startRouter(t)
  const gateway = await startGateway(t, { environment })
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', otherDevice: { address: phone } })
  const [id = ''] = await learnIds(gateway, watch)

  const { errors } = await gateway.query(
    await gateway.token('twinning:write', watch),
    'mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "new" }) { userErrors { code } } }',
    { id },
  )

  assert.deepEqual(errors, [])
  const asked = told.flatMap(({ body }) => body as { cache_tag: string }[])
  assert.deepEqual(
    asked.map(({ cache_tag }) => cache_tag.split('-')[0]),
    ['device', 'device', 'twinning'],
  )
})

test('the router is told when nothing old is left on any instance, and before subscribers are', async (t) => {
  const redis = await startRedis(t)
  const order: string[] = []
  const { environment } = await startRouter(t, async () => {
    // What a router would do at once: ask again, and any instance.
    const { data } = await other.query(
      await gateway.token('twinning:read', watch),
      '{ twinningDevice { twinnings { nodes { name } } } }',
    )
    order.push(`router reads ${data.twinningDevice.twinnings.nodes[0].name}`)
    return 202
  })
  const gateway = await startGateway(t, { environment: { ...environment, REDIS_URL: redis.url } })
  const other = await gateway.another()
  const { beta } = gateway.sandbox.operators
  beta.seed({ ownAddress: watch, id: 's1', name: 'old' })
  const asWatch = await gateway.token('twinning:read', watch)
  for (const one of [gateway, other])
    await one.query(asWatch, '{ twinningDevice { twinnings { nodes { name } } } }')
  const stream = await fetch(`${other.url}/graphql/stream`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${asWatch}`,
    },
    body: JSON.stringify({ query: 'subscription { twinningChanged { kind } }' }),
  })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader() ?? assert.fail()
  const heard = (async () => {
    for (let got = ''; !got.includes('UPDATED'); got += (await reader.read()).value ?? '');
    order.push('subscriber is told')
  })()

  beta.seed({ ownAddress: watch, id: 's1', name: 'new' })
  await notify(gateway)
  await heard
  await reader.cancel()

  assert.deepEqual(order, ['router reads new', 'subscriber is told'])
})

for (const [what, answer] of [
  ['refuses', () => 401],
  ['hangs', () => new Promise<number>(() => undefined)],
] as const)
  test(`a router that ${what} fails nothing, and is counted`, async (t) => {
    const { environment } = await startRouter(t, answer)
    const gateway = await startGateway(t, { environment })
    gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1' })

    const { status } = await notify(gateway)

    assert.equal(status, 204)
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    assert.match(metrics, /twinning_router_invalidations_total\{outcome="failed"\} 1/)
  })

test('without the setting nobody is told anything', async (t) => {
  const { requests } = await startRouter(t)
  const gateway = await startGateway(t)
  gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1' })

  await notify(gateway)

  assert.deepEqual(requests, [])
})
