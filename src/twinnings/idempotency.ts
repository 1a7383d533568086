import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { OutcomeUnknown } from '../errors.ts'
import type { RedisLink } from '../redis/redis.ts'
import { Refused, refusalCodes, type Refusal } from './refusal.ts'

/** What is kept of a change: the id of its twinning, or why there is none. Never a code. */
export type Outcome = { readonly id: string } | { readonly refusal: Refusal }

/** Runs a change once for each key, whoever asks how often. */
export type Idempotency = {
  /**
   * `key` names caller, operation and the caller's own key; `digest` stands for the input. The first call runs; those
   * that come meanwhile wait for it, and fail with it; later ones, for 24 hours, get its outcome. An error that `run`
   * throws frees the key. Throws Refused where the key came with another input, and OutcomeUnknown where the first call
   * does not end. Without Redis the latest 100,000 keys are remembered, and only by the instance that took them.
   */
  readonly once: (claim: Claim, run: () => Promise<Outcome>) => Promise<Outcome>
}

type Claim = { readonly key: string; readonly digest: string }

const maxKeysInMemory = 100_000
const keepMs = 24 * 3600 * 1000
const pollMs = 25
const prefix = 'twinning-gateway:1:once:'
// Also while reads are spared: what is not claimed here may be done twice elsewhere.
const tried = { always: true }

const refusal = z.object({
  code: z.enum(refusalCodes),
  message: z.string(),
  field: z.array(z.string()).exactOptional(),
  omaMessageId: z.string().exactOptional(),
})
const note = z.object({
  digest: z.string(),
  owner: z.string(),
  outcome: z.union([z.object({ id: z.string() }), z.object({ refusal })]).exactOptional(),
})
type Note = z.infer<typeof note>

/** `leaseMs`: how long a run may take before another may take its place; longer than any run. */
export function createIdempotency({
  redis,
  leaseMs,
}: {
  redis: RedisLink | undefined
  leaseMs: number
}): Idempotency {
  const store = createNotes(redis)
  const running = new Map<string, Promise<Outcome>>()

  /** Two calls at once are one, also where it fails: a run that timed out may have been done all the same. */
  const once: Idempotency['once'] = async (claim, run) => {
    const name = JSON.stringify([claim.key, claim.digest])
    const shared = running.get(name)
    if (shared) return shared
    const fresh = onceAmongInstances(claim, run).finally(() => running.delete(name))
    running.set(name, fresh)
    return fresh
  }

  async function onceAmongInstances({ key, digest }: Claim, run: () => Promise<Outcome>): Promise<Outcome> {
    const owner = randomUUID()
    const giveUpAt = Date.now() + leaseMs * 2
    // Sequential on purpose: each turn looks whether the run of another instance has ended.
    while (Date.now() < giveUpAt) {
      const found = await store.claim(key, { digest, owner }, leaseMs)
      if (!found) return await runOwned(key, { digest, owner }, run)
      if (found.digest !== digest)
        throw new Refused({
          code: 'INVALID_INPUT',
          message: 'this idempotencyKey was used with another input',
          field: ['input', 'idempotencyKey'],
        })
      if (found.outcome) return found.outcome
      await delay(pollMs)
    }
    throw new OutcomeUnknown(leaseMs * 2)
  }

  async function runOwned(key: string, mine: Note, run: () => Promise<Outcome>): Promise<Outcome> {
    try {
      const outcome = await run()
      await store.settle(key, { ...mine, outcome })
      return outcome
    } catch (error) {
      await store.free(key, mine)
      throw error
    }
  }

  return { once }
}

type Notes = {
  /** Takes the key, or answers who has it. */
  readonly claim: (key: string, mine: Note, leaseMs: number) => Promise<Note | undefined>
  readonly settle: (key: string, mine: Note) => Promise<void>
  readonly free: (key: string, mine: Note) => Promise<void>
}

/** In Redis for all instances; in memory without it, and beside it, for as long as it fails. */
function createNotes(redis: RedisLink | undefined): Notes {
  const memory = new LRUCache<string, Note>({ max: maxKeysInMemory, ttl: keepMs })
  const name = (key: string) => prefix + key
  return {
    claim: async (key, mine, leaseMs) => {
      const held = memory.get(key)
      if (held) return held
      memory.set(key, mine, { ttl: leaseMs })
      const found = await redis?.attempt(
        'claim',
        async (client) => {
          const taken = await client.set(name(key), JSON.stringify(mine), 'PX', leaseMs, 'NX')
          return taken ? undefined : await client.get(name(key))
        },
        tried,
      )
      const other = found == null ? undefined : parseNote(found)
      // Whose it is stands in Redis; memory must not say that it is ours.
      if (other) memory.delete(key)
      return other
    },
    settle: async (key, mine) => {
      memory.set(key, mine)
      await redis?.attempt(
        'settle',
        (client) => client.set(name(key), JSON.stringify(mine), 'PX', keepMs),
        tried,
      )
    },
    free: async (key, mine) => {
      memory.delete(key)
      await redis?.attempt(
        'free',
        async (client) => {
          const found = await client.get(name(key))
          if (found !== null && parseNote(found)?.owner === mine.owner) await client.del(name(key))
        },
        tried,
      )
    },
  }
}

function parseNote(text: string): Note | undefined {
  try {
    return note.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
