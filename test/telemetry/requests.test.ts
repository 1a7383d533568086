// How long the gateway's own requests take: each is counted once, whichever way it was answered.
import assert from 'node:assert/strict'
import test from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startGateway, watch } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const list = '{ twinningDevice { twinnings { totalCount } } }'

/** How many requests were counted, by method, route and status. */
async function counted(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const rows = text.matchAll(/^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/gm)
  return Object.fromEntries(
    [...rows].map(([, labels = '', count]) => [
      [...labels.matchAll(/"([^"]*)"/g)].map(([, value]) => value).join(' '),
      Number(count),
    ]),
  )
}

/** An answer is counted once it is on its way. */
async function untilCounted(url: string, expected: Record<string, number>): Promise<void> {
  await until(`counted ${JSON.stringify(expected)}`, async () =>
    isDeepStrictEqual(await counted(url), expected),
  )
}

test('an answer at hand is counted as an executed one is', async (t) => {
  const { url, query, token } = await startGateway(t)
  const bearer = await token('twinning:read', watch)

  for (let n = 0; n < 3; n++) await query(bearer, list)

  await untilCounted(url, { 'POST /graphql 200': 3 })
})

test('so is one that is refused, and what nobody has registered, under no path of its own', async (t) => {
  const { url, query } = await startGateway(t, { environment: { EXPLORER: 'off' } })

  await query(undefined, list)
  await fetch(`${url}/tel:+15550100`)

  await untilCounted(url, { 'POST /graphql 401': 1, 'GET  404': 1 })
})

test('a path counts under its template', async (t) => {
  const { url } = await startGateway(t)

  await fetch(`${url}/notifications/alpha`, { method: 'POST' })

  await untilCounted(url, { 'POST /notifications/:operatorId 401': 1 })
})

test('neither health nor /metrics is counted', async (t) => {
  const { url } = await startGateway(t)

  for (const path of ['/health/live', '/health/ready', '/metrics']) await fetch(url + path)

  assert.deepEqual(await counted(url), {})
})

test('a stream is not counted, a query of a client that would take one is', async (t) => {
  const { url, token } = await startGateway(t)
  const exp = Math.floor(Date.now() / 1000) + 2
  const ask = async (method: string, query: string) => {
    const headers = {
      'content-type': 'application/json',
      'apollo-require-preflight': 'true',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${await token('twinning:read', watch, { exp })}`,
    }
    return method === 'GET'
      ? fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers })
      : fetch(`${url}/graphql`, { method, headers, body: JSON.stringify({ query }) })
  }

  await ask('GET', list)
  const stream = await ask('POST', 'subscription { twinningChanged { kind } }')
  // It ends with its token.
  const events = await stream.text()

  assert.match(events, /event: complete/)
  await untilCounted(url, { 'GET /graphql 200': 1 })
})
