import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import type { Change, ToldBy } from '../changes.ts'
import type { Sealer } from '../domain/ids.ts'
import { errorName } from '../redis/attempts.ts'
import type { RedisLink } from '../redis/redis.ts'
import { report } from '../telemetry/channels.ts'

/** A Redis stream of the changes that this instance announces, for a warehouse: no address, no name, no code is in it. */
export type ChangeStream = {
  /** Takes changes and waits for nothing. */
  readonly record: (changes: readonly Change[], toldBy: ToldBy) => void
  /** Tries once more to write what waits. */
  readonly close: () => Promise<void>
}

type Waiting = {
  readonly change: Change
  readonly toldBy: ToldBy
  readonly number: number
  readonly at: Date
}

/** Of the fields of an entry; a new one of them does not make it another. */
const schema = '1'

// So many at once are written within the time of one attempt, and sealed without holding up anything else.
const maxBatch = 100
// What waits while Redis is away, some 300 bytes each: the oldest go first, as they would from the stream.
const maxWaiting = 20_000
// A Redis that is full, or that lacks the right to write this key, is not asked four times a second.
const refusedPauseMs = 1000

/**
 * Writes to the stream `key`, of about `maxLength` entries at most. An entry may come twice, where Redis was too slow to
 * say that it has it; both have the same `writer` and `number`. What is lost leaves a hole in the numbers.
 */
export function createChangeStream({
  redis,
  sealer,
  key,
  maxLength,
}: {
  redis: RedisLink
  sealer: Pick<Sealer, 'sealRef'>
  key: string
  maxLength: number
}): ChangeStream {
  const writer = randomUUID()
  let count = 0
  const waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let pausedUntil = 0

  const add = (client: Redis | Cluster, { change: { kind, ref }, toldBy, number, at }: Waiting) =>
    client.xadd(
      key,
      ...(['MAXLEN', '~', maxLength, '*'] as const),
      ...['schema', schema, 'writer', writer, 'number', number, 'kind', kind],
      ...['id', sealer.sealRef(ref), 'operator', ref.operatorId, 'toldBy', toldBy, 'at', at.toISOString()],
    )

  /** Gives what could not be written. */
  async function writeBatch(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    // Settled in any case: that this key cannot be written says nothing of the rest of Redis, which must not rest for it.
    const results = await redis.attempt('stream', (client) =>
      Promise.allSettled(batch.map((one) => add(client, one))),
    )
    if (!results) return batch
    const [refusal] = results.filter((result) => result.status === 'rejected')
    if (refusal) {
      report('cache.failure', { operation: 'stream', error: errorName(refusal.reason) })
      pausedUntil = performance.now() + refusedPauseMs
    }
    const failed = batch.filter((_, i) => results[i]?.status !== 'fulfilled')
    if (failed.length < batch.length)
      report('change.recorded', { outcome: 'written', count: batch.length - failed.length })
    return failed
  }

  /** One batch after the other, in the order of the numbers, until there is none or one has failed. */
  async function writeAll(): Promise<void> {
    let failed: readonly Waiting[] = []
    while (waiting.length > 0 && failed.length === 0) failed = await writeBatch(waiting.splice(0, maxBatch))
    waiting.unshift(...failed)
    shorten()
    writing = undefined
  }

  async function write(): Promise<void> {
    if (waiting.length > 0 && performance.now() >= pausedUntil) writing ??= writeAll()
    await writing
  }

  function shorten(): void {
    if (waiting.length > maxWaiting) lose(waiting.splice(0, waiting.length - maxWaiting))
  }

  redis.onBeat(() => void write())

  return {
    record: (changes, toldBy) => {
      if (changes.length === 0) return
      const at = new Date()
      for (const change of changes) waiting.push({ change, toldBy, number: ++count, at })
      shorten()
      void write()
    },
    close: async () => {
      await writing
      await write()
      lose(waiting.splice(0))
    },
  }
}

function lose(entries: readonly Waiting[]): void {
  if (entries.length > 0) report('change.recorded', { outcome: 'lost', count: entries.length })
}
