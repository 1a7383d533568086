import { createHash, randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import type { RedisLink } from '../redis/redis.ts'
import { turn, windowMs, type Account } from './account.ts'

/** How instances tell one another what callers have spent. Nobody waits for it. */
export type Exchange = {
  /** Takes an account whose spending is to be told; false where there is nobody to tell. `isUrgent`: before others. */
  readonly tell: (account: Account, isUrgent: boolean) => boolean
  /** False while what others spend is not heard of. */
  readonly isHeard: () => boolean
  /** How many there are, as far as was last known; at least 1. */
  readonly instances: () => number
}

/** Of an instance that is alone. */
export const noExchange: Exchange = { tell: () => false, isHeard: () => true, instances: () => 1 }

const prefix = 'twinning-gateway:1:'
const instancesKey = `${prefix}instances`
const keptS = Math.ceil((2 * windowMs) / 1000)
// At each beat, of which there are four in a second: more would be noticed by those who wait for an answer.
const maxTold = 200
// While Redis is away.
const maxWaiting = 20_000
const countEveryMs = 2000
const goneAfterMs = 10_000

/** Through Redis: a counter for each caller and window, to which each instance adds, and learns the sum. */
export function createExchange(redis: RedisLink): Exchange {
  const self = randomUUID()
  const urgent = new Set<Account>()
  const others = new Set<Account>()
  let instances = 1
  let countedAt = -Infinity

  // Who calls is nobody's business who looks into Redis.
  const keyOf = (name: string, window: number) =>
    `${prefix}spent:${createHash('sha256').update(name).digest('base64url').slice(0, 22)}:${window}`

  async function add(client: Redis | Cluster, key: string, amount: number): Promise<number> {
    const [sum] = await Promise.all([client.incrby(key, amount), client.expire(key, keptS)])
    return sum
  }

  async function exchange(client: Redis | Cluster, account: Account): Promise<void> {
    turn(account, Date.now())
    const { name, window, isHeard, unsent, unsentBefore } = account
    const before = keyOf(name, window - 1)
    const [sum, previous] = await Promise.all([
      add(client, keyOf(name, window), unsent),
      unsentBefore > 0 ? add(client, before, unsentBefore) : isHeard ? undefined : client.get(before),
    ])
    if (account.window !== window) {
      // It has turned meanwhile: what was told just now is of the window before.
      account.unsentBefore = Math.max(account.unsentBefore - unsent, 0)
      return
    }
    // What was spent here meanwhile is not in it.
    account.unsent -= unsent
    account.unsentBefore -= unsentBefore
    account.current = sum + account.unsent
    if (previous !== undefined) account.previous = Math.max(Number(previous ?? 0), account.previous)
    account.isHeard = true
  }

  async function tellAll(accounts: readonly Account[]): Promise<void> {
    await redis.attempt('rate', async (client) => {
      await Promise.all(accounts.map((account) => exchange(client, account)))
      return true
    })
    for (const account of accounts) account.isDue = false
  }

  async function count(): Promise<void> {
    const now = Date.now()
    const found = await redis.attempt('instances', async (client) => {
      const results = await Promise.all([
        client.zadd(instancesKey, now, self),
        client.zremrangebyscore(instancesKey, '-inf', now - goneAfterMs),
        client.zcard(instancesKey),
        client.expire(instancesKey, keptS),
      ])
      return results[2]
    })
    instances = Math.max(found ?? instances, 1)
  }

  redis.onBeat(() => {
    const now = performance.now()
    if (now - countedAt >= countEveryMs) {
      countedAt = now
      void count()
    }
    const first = take(urgent, maxTold)
    const told = [...first, ...take(others, maxTold - first.length)]
    if (told.length > 0) void tellAll(told)
  })

  return {
    tell: (account, isUrgent) => {
      const waiting = isUrgent ? urgent : others
      if (waiting.size >= maxWaiting) return false
      if (isUrgent) others.delete(account)
      waiting.add(account)
      return true
    },
    isHeard: redis.listening,
    instances: () => instances,
  }
}

function take(accounts: Set<Account>, count: number): Account[] {
  const taken: Account[] = []
  for (const account of accounts) {
    if (taken.length >= count) break
    accounts.delete(account)
    taken.push(account)
  }
  return taken
}
