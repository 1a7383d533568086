// A Redis Cluster of three masters and three replicas, and two instances under load, while a master goes.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { startRedisCluster, roleOf } from '../support/redisCluster.ts'
import type { RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { assertRepaired, startFleet, tells, unheardMs, type Fleet } from './fleet.ts'
import { assertFlawless, assertPrompt } from './tally.ts'

type Ways = {
  readonly go: (master: RedisServer) => Promise<unknown>
  readonly comeBack: (master: RedisServer) => Promise<unknown>
}

const ways: Readonly<Record<string, Ways>> = {
  'is killed': { go: (master) => master.stop(), comeBack: (master) => master.restart() },
  // It takes itself for a master still when it goes on.
  'is paused': {
    go: ({ pid }) => Promise.resolve(process.kill(pid!, 'SIGSTOP')),
    comeBack: ({ pid }) => Promise.resolve(process.kill(pid!, 'SIGCONT')),
  },
}

async function start(t: TestContext): Promise<{ nodes: RedisServer[]; fleet: Fleet }> {
  const nodes = await startRedisCluster(t, { replicas: 1 })
  return { nodes, fleet: await startFleet(t, nodes.map(({ url }) => url).join()) }
}

async function mastersAmong(nodes: readonly RedisServer[]): Promise<number> {
  return (await Promise.all(nodes.map(roleOf))).filter((role) => role === 'master').length
}

for (const [what, { go, comeBack }] of Object.entries(ways))
  test(
    `nothing is lost or wrong when a master ${what}, a replica takes over, and the old one comes back`,
    { timeout: 60_000 },
    async (t) => {
      const { nodes, fleet } = await start(t)
      // The one by which both instances hear.
      const [master, ...others] = nodes as [RedisServer, ...RedisServer[]]
      assert.deepEqual([await roleOf(master), await mastersAmong(others)], ['master', 2])
      await fleet.load.phase('before', 400)

      const during = fleet.load.phase('during', 1000, unheardMs)
      await go(master)
      await during
      await until('a replica has taken over', async () => (await mastersAmong(others)) === 3, 10_000)
      await tells(fleet.instances, 'up', 10_000)
      await fleet.load.phase('failed over', 1600, unheardMs)
      await fleet.load.phase('with three masters again', 400)
      const returning = fleet.load.phase('returning', 1500, unheardMs)
      await comeBack(master)
      await until('the old one follows', async () => (await roleOf(master)) === 'replica', 10_000)
      await returning
      await tells(fleet.instances, 'up', 10_000)
      await fleet.load.phase('settling', 1600, unheardMs)
      await fleet.load.phase('after', 400)
      const tallies = await fleet.load.stop()
      await assertRepaired(fleet)

      assertFlawless(tallies, Object.keys(tallies).slice(1))
      for (const tally of Object.values(tallies).slice(1)) assertPrompt(tally, 3000)
    },
  )
