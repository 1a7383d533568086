// One Redis and two instances under load, and whatever can befall a Redis.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { listen } from '../../src/telemetry/channels.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { assertRepaired, startFleet, tells, unheardMs, type Fleet, type Health } from './fleet.ts'
import { assertFlawless, assertPrompt, type Tally } from './tally.ts'

// Of each instance three, and those beside them, for as long as a loss is not known; several losses where it is slow.
const mostWaiting = 25

type Befallen = { readonly redis: RedisServer; readonly admin: Redis; readonly t: TestContext }
type Fault = {
  readonly inflict: (befallen: Befallen) => Promise<unknown>
  readonly heal: (befallen: Befallen) => Promise<unknown>
  readonly ms: number
  /** What health tells meanwhile. */
  readonly health: Health
}

const signal = (name: 'SIGSTOP' | 'SIGCONT') => (befallen: Befallen) =>
  Promise.resolve(process.kill(befallen.redis.pid!, name))
const restart = ({ redis }: Befallen) => redis.restart()
const nothing = () => Promise.resolve()

const faults: Readonly<Record<string, Fault>> = {
  'is killed, and comes back empty': {
    inflict: ({ redis }) => redis.stop(),
    heal: restart,
    ms: 1500,
    health: 'down',
  },
  'is restarted empty at once': { inflict: restart, heal: nothing, ms: 500, health: 'up' },
  'comes back as it was a second ago': {
    inflict: async ({ redis, admin }) => {
      const snapshot = await dump(admin)
      await wait(1000)
      await redis.restart()
      await until('it answers', async () => (await admin.ping().catch(() => '')) === 'PONG')
      await Promise.all(snapshot.map(([key, value]) => admin.restore(key, 600_000, value, 'REPLACE')))
    },
    heal: nothing,
    ms: 0,
    health: 'up',
  },
  'is paused for a second or two': {
    inflict: signal('SIGSTOP'),
    heal: signal('SIGCONT'),
    ms: 1500,
    health: 'down',
  },
  'is paused until its connections are given up': {
    inflict: signal('SIGSTOP'),
    heal: signal('SIGCONT'),
    ms: 3600,
    health: 'down',
  },
  'becomes a read-only replica': {
    inflict: async ({ t, admin, redis }) => {
      // Of a master that holds the same, so that what it holds is no older than it was.
      const master = await startRedis(t)
      const copy = new Redis(master.url)
      t.after(() => copy.disconnect())
      for (const server of [admin, copy]) await server.config('SET', 'repl-diskless-sync-delay', '0')
      await copy.replicaof('127.0.0.1', redis.port)
      await until('it holds the same', async () =>
        (await copy.info('replication')).includes('master_link_status:up'),
      )
      await copy.replicaof('NO', 'ONE')
      await admin.replicaof('127.0.0.1', master.port)
    },
    heal: ({ admin }) => admin.replicaof('NO', 'ONE'),
    ms: 1500,
    health: 'down',
  },
  'is slow': {
    inflict: async ({ admin }) => {
      for (let n = 0; n < 4; n++) {
        await admin.call('CLIENT', 'PAUSE', '400', 'ALL')
        await wait(500)
      }
    },
    heal: nothing,
    ms: 0,
    health: 'up',
  },
  'is full': {
    inflict: ({ admin }) => admin.config('SET', 'maxmemory', '1'),
    heal: ({ admin }) => admin.config('SET', 'maxmemory', '0'),
    ms: 1500,
    health: 'down',
  },
  'changes its password': {
    inflict: async ({ admin }) => {
      await admin.config('SET', 'requirepass', 'another')
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    },
    heal: ({ admin }) => admin.config('SET', 'requirepass', ''),
    ms: 1500,
    health: 'down',
  },
  'is emptied again and again': {
    inflict: async ({ admin }) => {
      for (let n = 0; n < 20; n++) {
        await admin.flushall()
        await wait(75)
      }
    },
    heal: nothing,
    ms: 0,
    health: 'up',
  },
  'mixes up the devices again and again': {
    inflict: async ({ admin }) => {
      for (let n = 0; n < 20; n++) {
        await mixUp(admin)
        await wait(75)
      }
    },
    heal: nothing,
    ms: 0,
    health: 'up',
  },
  'is filled with garbage again and again': {
    inflict: async ({ admin }) => {
      for (let n = 0; n < 20; n++) {
        await plantGarbage(admin, n)
        await wait(75)
      }
    },
    heal: nothing,
    ms: 0,
    health: 'up',
  },
}

/** Puts what is held of each device in the place of what is held of the next. */
async function mixUp(admin: Redis): Promise<void> {
  const keys = (await admin.keys('twinning-gateway:*|tel:*')).sort()
  const byKind = Map.groupBy(keys, (key) => key.replace(/\{.*?\}/, ''))
  for (const alike of byKind.values()) {
    const values = await admin.mget(alike)
    for (const [i, key] of alike.entries()) await admin.set(key, values[(i + 1) % values.length] ?? '')
  }
}

async function dump(admin: Redis): Promise<(readonly [string, Buffer])[]> {
  const keys = await admin.keys('twinning-gateway:*')
  const values = await Promise.all(keys.map((key) => admin.dumpBuffer(key)))
  // A key may have ended between the two.
  return keys.flatMap((key, i) => (values[i] ? [[key, values[i]] as const] : []))
}

async function plantGarbage(admin: Redis, round: number): Promise<void> {
  const garbage = ['', 'nonsense', 'null', '[]', '{"g":1}', '\u0000\uffff', '{'.repeat(1000)]
  for (const [i, key] of (await admin.keys('twinning-gateway:*')).entries()) {
    const kind = (i + round) % (garbage.length + 2)
    if (kind < garbage.length) await admin.set(key, garbage[kind]!)
    else await admin.multi().del(key).lpush(key, 'planted').exec()
  }
}

function adminOf(t: TestContext, url: string): Redis {
  const admin = new Redis(url)
  admin.on('error', () => undefined)
  t.after(() => admin.disconnect())
  return admin
}

/** How many reads have waited for Redis in vain: the first few of each instance, and then again where it is slow. */
function countWaiting(t: TestContext): () => number {
  let count = 0
  t.after(
    listen('cache.failure', ({ operation }) => {
      if (operation === 'read') count += 1
    }),
  )
  return () => count
}

async function afterwards(fleet: Fleet): Promise<Record<string, Tally>> {
  await tells(fleet.instances, 'up', 10_000)
  await fleet.load.phase('returning', 1600, unheardMs)
  await fleet.load.phase('after', 300)
  const tallies = await fleet.load.stop()
  await assertRepaired(fleet)
  return tallies
}

for (const [what, { inflict, heal, ms, health }] of Object.entries(faults))
  test(`nothing is lost or wrong when Redis ${what}`, { timeout: 40_000 }, async (t) => {
    const redis = await startRedis(t)
    const befallen = { redis, admin: adminOf(t, redis.url), t }
    const fleet = await startFleet(t, redis.url)
    const waited = countWaiting(t)
    await fleet.load.phase('before', 300)

    const during = fleet.load.phase('during', ms, unheardMs)
    await inflict(befallen)
    if (ms > 0) await tells(fleet.instances, health, 5000)
    await during
    await heal(befallen)
    const tallies = await afterwards(fleet)

    assertFlawless(tallies, ['before', 'during', 'returning', 'after'])
    assertPrompt(tallies.during)
    assert.ok(waited() <= mostWaiting, `${waited()} reads have waited for Redis`)
  })

test('nothing is lost or wrong when Redis is down at the start', { timeout: 40_000 }, async (t) => {
  const redis = await startRedis(t)
  await redis.stop()
  const fleet = await startFleet(t, redis.url, unheardMs)

  await fleet.load.phase('during', 1000, unheardMs)
  await tells(fleet.instances, 'down', 5000)
  await redis.restart()
  const tallies = await afterwards(fleet)

  assertFlawless(tallies, ['during', 'returning', 'after'])
  assertPrompt(tallies.during)
})

test('nothing is lost or wrong when Redis refuses the password', { timeout: 40_000 }, async (t) => {
  const redis = await startRedis(t)
  const admin = adminOf(t, redis.url)
  await admin.config('SET', 'requirepass', 'right')
  const fleet = await startFleet(t, redis.url.replace('//', '//:wrong@'), unheardMs)

  await fleet.load.phase('during', 1000, unheardMs)
  await tells(fleet.instances, 'down', 5000)
  await admin.config('SET', 'requirepass', 'wrong')
  const tallies = await afterwards(fleet)

  assertFlawless(tallies, ['during', 'returning', 'after'])
  assertPrompt(tallies.during)
})
