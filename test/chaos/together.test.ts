// Several things at once: Redis is gone, one operator breaks every connection, and clients misuse both instances.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Gateway } from '../support/gateway.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { startFleet, tells, unheardMs } from './fleet.ts'
import { misuses } from './misuse.ts'
import { assertFlawless, assertNothingLostOrWrong } from './tally.ts'
import { addressesOf, listQuery } from './world.ts'

test(
  'with Redis, an operator and clients failing at once, the rest is answered in full',
  { timeout: 60_000 },
  async (t) => {
    const redis = await startRedis(t)
    const { instances, targets, token, load } = await startFleet(t, redis.url)
    const [{ sandbox }] = instances
    const { beta } = sandbox.operators
    await load.phase('before', 300)
    await load.pause('turning')

    const during = load.phase('during', 2500, unheardMs)
    await redis.stop()
    beta.faults.add({ reset: true })
    await Promise.all(
      instances.flatMap(({ url }) => Object.values(misuses).map((misuse) => misuse(url, token))),
    )
    await tells(instances, 'down', 5000)
    await during
    await load.phase('returning', 0, unheardMs)
    beta.faults.clear()
    await redis.restart()
    await tells(instances, 'up', 10_000)
    const addresses = addressesOf(targets)
    const problems = async ({ query }: Gateway) =>
      (await query(token, listQuery, { addresses })).errors.length
    await until(
      'all of it can be had',
      async () => (await Promise.all(instances.map(problems))).every((count) => count === 0),
      15_000,
    )
    // An instance that reads all of it from Redis may still leave the operator alone: its changes tell.
    await load.untilSound('returning', 1600, unheardMs)
    await load.phase('after', 300)
    const tallies = await load.stop()

    assertFlawless(tallies, ['before', 'after'])
    for (const phase of ['turning', 'during', 'returning']) {
      assertNothingLostOrWrong(tallies[phase]!, phase)
      assert.deepEqual(tallies[phase]!.codesOf('alpha'), {}, phase)
    }
    assert.deepEqual(Object.keys(tallies.during!.codesOf('beta')), ['UPSTREAM_UNAVAILABLE'])
    assert.ok(tallies.during!.slowestMs() < 4000, tallies.during!.summary())
  },
)
