// Two gateways as processes of their own behind a load balancer, stopped and started one after the other, under load.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { createSandbox } from '../../src/sandbox/world.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { startBalancer } from './balancer.ts'
import { settingsFor, startInstance, type Instance } from './instance.ts'
import { startLoad } from './load.ts'
import { assertFlawless } from './tally.ts'
import { populate, portal } from './world.ts'

const drainMs = 1000
const stopWithinMs = drainMs + 4000
const query = 'subscription { twinningChanged(deviceAddress: "tel:+15550100") { kind } }'

/** A stream of each kind at an instance; `ends` tells how they have ended. */
async function openStreams(t: TestContext, { url }: Instance, token: string) {
  const authorization = `Bearer ${token}`
  const response = await fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization },
    body: JSON.stringify({ query }),
  })
  assert.equal(response.status, 200)
  // An orderly end resolves, a connection that breaks rejects.
  const events = response.text()

  const closed = Promise.withResolvers<number>()
  const acknowledged = Promise.withResolvers<undefined>()
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
    lazy: true,
    on: {
      connected: () => acknowledged.resolve(undefined),
      closed: (event) => closed.resolve((event as { code: number }).code),
    },
  })
  t.after(() => client.dispose())
  client.subscribe({ query }, { next: () => undefined, error: () => undefined, complete: () => undefined })
  await acknowledged.promise
  return { ends: () => Promise.all([events, closed.promise]) }
}

test(
  'two instances are stopped and started one after the other, and no request is lost',
  { timeout: 60_000 },
  async (t) => {
    const redis = await startRedis(t)
    const sandbox = await createSandbox({ seed: false })
    t.after(sandbox.close)
    const settings = { ...settingsFor(t, sandbox), REDIS_URL: redis.url, DRAIN_MS: String(drainMs) }
    const [one, two] = await Promise.all([startInstance(t, settings), startInstance(t, settings)])
    const targets = await populate(sandbox, one.url)
    const balancer = await startBalancer(t)
    const isReady = ({ url }: Instance) => until('it is ready', () => balancer.isReady(url), 5000)
    for (const { url } of [one, two]) balancer.add(url)
    await Promise.all([one, two].map(isReady))
    // So that there always is something in flight.
    for (const operator of Object.values(sandbox.operators)) operator.faults.add({ delayMs: 80 })
    const token = await portal(sandbox)
    const load = startLoad(t, {
      instances: [balancer.url],
      targets,
      token,
      readersOfEach: 6,
      isBalanced: true,
    })

    /** Stops an instance as an orchestrator does; it must go in order. */
    async function stop(instance: Instance): Promise<void> {
      const { ends } = await openStreams(t, instance, token)
      const from = performance.now()
      instance.terminate()
      const { code, at } = await instance.ended
      const [events, closeCode] = await ends()
      await until('it is found gone', () => balancer.seen(instance.url).at(-1) === 'gone')

      assert.deepEqual([code, instance.errors()], [0, ''])
      assert.ok(at - from >= drainMs && at - from < stopWithinMs, `${Math.round(at - from)} ms`)
      assert.deepEqual(balancer.seen(instance.url), [200, 503, 'gone'])
      // Neither is told that there will be no more events: both come back, elsewhere.
      assert.ok(!events.includes('event: complete'), events)
      assert.equal(closeCode, 1012)
      assert.ok(balancer.served(instance.url) > 20, `${balancer.served(instance.url)} requests`)
    }

    await load.phase('before', 800)
    await load.phase('during the first stop', 0)
    await stop(one)
    await load.phase('with one instance', 400)
    const again = await startInstance(t, settings)
    balancer.add(again.url)
    await isReady(again)
    await load.phase('with both again', 800)
    await load.phase('during the second stop', 0)
    await stop(two)
    await load.phase('after', 400)
    const tallies = await load.stop()

    assertFlawless(tallies, Object.keys(tallies).slice(1))
    assert.ok(balancer.served(again.url) > 20)
  },
)
