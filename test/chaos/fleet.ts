// Two instances in front of both operators, under load, and what must hold of them in the end.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { clearTraffic, startGateway, upstreamTraffic, type Gateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { startLoad, type Load } from './load.ts'
import { addressesOf, listQuery, populate, portal, type Target } from './world.ts'

// How long a write at one instance may stay unseen at the other while Redis fails: a second is promised, and the rest is
// for a machine that is busy.
export const unheardMs = 1500

export type Health = 'up' | 'down'

export type Fleet = {
  readonly instances: readonly [Gateway, Gateway]
  readonly targets: readonly Target[]
  readonly token: string
  readonly load: Load
}

/** `unseenMs`: how long a write at one instance may stay unseen at the other, for a start. */
export async function startFleet(t: TestContext, redisUrl: string, unseenMs?: number): Promise<Fleet> {
  // What is answered for long shows what should not have been answered at all.
  const environment = { REDIS_URL: redisUrl, CACHE_TTL_S: '600' }
  const one = await startGateway(t, { environment })
  const two = await one.another()
  const targets = await populate(one.sandbox, one.url)
  const token = await portal(one.sandbox)
  const load = startLoad(t, { instances: [one.url, two.url], targets, token, unseenMs })
  return { instances: [one, two], targets, token, load }
}

/** Every instance goes on being ready, and tells this of Redis. */
export function tells(gateways: readonly Gateway[], health: Health, withinMs: number): Promise<void> {
  const healthOf = async ({ url }: Gateway) => {
    const response = await fetch(`${url}/health/ready`)
    assert.equal(response.status, 200)
    return ((await response.json()) as { redis: unknown }).redis
  }
  return until(
    `health tells that Redis is ${health}`,
    async () => (await Promise.all(gateways.map(healthOf))).every((one) => one === health),
    withinMs,
  )
}

/**
 * Instances that know nothing yet answer what was acknowledged last, and soon one of them finds all of it in Redis, so that
 * no operator is asked.
 */
export async function assertRepaired({ instances: [one], targets, token, load }: Fleet): Promise<void> {
  const addresses = addressesOf(targets)
  const names = async ({ query }: Gateway) => {
    const { data, errors } = await query(token, listQuery, { addresses })
    assert.deepEqual(errors, [])
    const devices = data.twinningDevices as { twinnings: { nodes: { name: string }[] } }[]
    return devices.flatMap(({ twinnings }) => twinnings.nodes.map(({ name }) => name)).sort()
  }
  const newcomer = async () => {
    const fresh = await one.another()
    clearTraffic(one.sandbox)
    assert.deepEqual(await names(fresh), targets.map(load.truth.latest).sort())
    await fresh.close()
    return upstreamTraffic(one.sandbox).length === 0
  }
  await until('Redis is used again', newcomer, 8000)
}
