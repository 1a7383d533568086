import { randomUUID } from 'node:crypto'
import type { RedisLink } from '../redis/redis.ts'
import type { CacheKey } from './keys.ts'
import type { Mark } from './load.ts'
import { generationKey } from './shared.ts'

/** Says which of the instances loads a key, so that the others can wait for what it brings. */
export type Leases = {
  /** So long is one held at most. */
  readonly leaseMs: number
  /**
   * `mine`: load it, and release it then; also where the store does not say, as nobody waits for what may never come.
   * `needless`: load it; there is nobody who would wait.
   */
  readonly take: (key: LeaseKey) => Promise<'mine' | 'taken' | 'needless'>
  /** Whether it is being loaded still; not where the store does not say. */
  readonly isHeld: (key: LeaseKey) => Promise<boolean>
  /** `wasKept`: what was loaded is there for everybody now. */
  readonly release: (key: LeaseKey, wasKept: boolean) => void
}

/** A key, as of a moment: once it is evicted there is something else to load. */
export type LeaseKey = CacheKey & { readonly mark: Mark }

const needless = Promise.resolve('needless' as const)

/** Where there is no store that others could share. */
export const noLeases: Leases = {
  leaseMs: 0,
  take: () => needless,
  isHeld: () => Promise.resolve(false),
  release: () => undefined,
}

// Whoever looked for the value just before it came asks for the lease just after: then it finds the value instead.
const lingerMs = 50

/**
 * Leases in Redis, each of which ends by itself after `leaseMs`, should its holder have gone. An instance that is alone
 * takes none: who wants the same in its own process waits there.
 */
export function createLeases(redis: RedisLink, leaseMs: number, isAlone: () => boolean): Leases {
  const self = randomUUID()

  function nameOf({ tag, key, mark: { generation } }: LeaseKey): string {
    // Where there is no generation yet, each instance makes up one of its own.
    return `${generationKey(tag)}lease|${generation?.isNew ? '' : (generation?.id ?? '')}|${key}`
  }

  return {
    leaseMs,
    take: async (key) => {
      // A store that has not answered a moment ago is not asked a second time.
      if (!key.mark.generation || isAlone()) return needless
      const answer = await redis.attempt('lease', async (client) => ({
        taken: (await client.set(nameOf(key), self, 'PX', leaseMs, 'NX')) === null,
      }))
      return answer?.taken ? 'taken' : 'mine'
    },
    isHeld: async (key) => (await redis.attempt('lease', (client) => client.exists(nameOf(key)))) === 1,
    release: (key, wasKept) => {
      // It may have ended already and be another's: that one's value is then loaded once more, and nothing is wrong.
      const end = () =>
        redis.attempt('lease', (client) =>
          wasKept ? client.pexpire(nameOf(key), lingerMs) : client.del(nameOf(key)),
        )
      // When whoever asked has it. The cache writes it then, or a moment later: so long whoever waits goes on waiting.
      setImmediate(() => void end())
    },
  }
}
