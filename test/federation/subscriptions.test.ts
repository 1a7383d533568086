// Subscriptions through Hive Gateway, a process of its own, over each way in which it can ask a subgraph for them.
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import { composeForHive } from '../../examples/federation/compose.ts'
import { startHiveGateway } from '../../examples/federation/hive-gateway/start.ts'
import { findFreePort } from '../../examples/federation/process.ts'
import { watch } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { startGraph } from './support.ts'

type Event = { kind: string; twinning: Record<string, unknown> | null }

for (const { way, config } of [
  { way: 'server-sent events at the subgraph’s own URL', config: 'gateway.config.ts' },
  { way: 'WebSocket', config: 'by-websocket.config.ts' },
  { way: 'HTTP callback', config: 'by-callback.config.ts' },
])
  test(`over ${way} each event is joined with what the other subgraph knows, also after a long silence`, async (t) => {
    const port = await findFreePort()
    const graph = await startGraph(t, {
      sdlTarget: 'full',
      compose: composeForHive,
      start: (file, at) => startHiveGateway(file, at, config),
      port,
      environment: { CALLBACK_URLS: `http://127.0.0.1:${port}/callback` },
    })
    const token = await graph.subgraph.token('twinning:read twinning:write', watch)
    const heard: Event[] = []
    const ends: unknown[] = []
    const client = createClient({
      url: graph.url,
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    })
    t.after(() => client.dispose())
    client.subscribe<{ twinningChanged: Event }>(
      { query: 'subscription { twinningChanged { kind twinning { name monthlyFee ownDevice { model } } } }' },
      {
        next: ({ data, errors }) => {
          if (data) heard.push(data.twinningChanged)
          else ends.push(errors)
        },
        error: (error) => ends.push(error),
        complete: () => ends.push('complete'),
      },
    )
    const request = 'mutation ($n: String) { requestTwinning(input: { name: $n }) { twinning { id } } }'
    // Until the subscription has reached the subgraph, what happens there is none of its events.
    await until('the first is heard', async () => {
      if (heard.length === 0) await graph.subgraph.query(token, request, { n: 'first' })
      return heard.length > 0 || ends.length > 0
    })
    // More than two of the callback's heartbeat intervals.
    await wait(4500)
    const before = heard.length

    await graph.subgraph.query(token, request, { n: 'later' })
    await until('the later one is heard', () => heard.length > before || ends.length > 0)

    assert.deepEqual(ends, [])
    assert.deepEqual(heard.at(-1), {
      kind: 'CREATED',
      twinning: { name: 'later', monthlyFee: '4.99 EUR', ownDevice: { model: 'Watch S' } },
    })
  })
