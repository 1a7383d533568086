import { z } from 'zod'
import type { RedisLink } from '../redis/redis.ts'
import { report } from '../telemetry/channels.ts'
import type { Principal } from './policy.ts'

/** Subjects and tokens that are no longer let in, whatever their tokens say. */
export type Revocations = {
  /** Takes next to no time. */
  readonly includes: (principal: Principal) => boolean
  /** Calls back should the caller's token or subject be revoked, unless the signal ends it before. */
  readonly whenRevoked: (principal: Principal, signal: AbortSignal, onRevoked: () => void) => void
}

export const noRevocations: Revocations = { includes: () => false, whenRevoked: () => undefined }

const place = 'twinning-gateway:1:revoked'
// Of more than this, those are known that hold the longest.
const maxRevoked = 100_000
const page = 5000
const readEveryMs = 60_000

const message = z
  .object({
    sub: z.string().min(1).optional(),
    jti: z.string().min(1).optional(),
    until: z.number().nonnegative(),
  })
  .refine(({ sub, jti }) => sub !== undefined || jti !== undefined)

/**
 * Revocations in Redis, for all instances: messages on the channel `twinning-gateway:1:revoked`, `{"sub" or "jti", "until"}`
 * with `until` in seconds since 1970 (one that has passed takes it back), which each instance acts on and keeps in the sorted
 * set of the same name. That is read at the start, whenever messages may have been missed, and once a minute.
 */
export async function createRevocations(redis: RedisLink): Promise<Revocations> {
  const until = new Map<string, number>()
  const watchers = new Map<string, Set<() => void>>()
  let readAt = performance.now()

  function revoke(name: string, untilMs: number): void {
    if (untilMs <= Date.now()) {
      until.delete(name)
      return
    }
    if (until.size >= maxRevoked && !until.has(name)) until.delete(soonest(until))
    until.set(name, untilMs)
    for (const onRevoked of [...(watchers.get(name) ?? [])]) onRevoked()
  }

  async function readAll(): Promise<void> {
    readAt = performance.now()
    const now = Math.floor(Date.now() / 1000)
    for (const [name, untilMs] of until) if (untilMs <= Date.now()) until.delete(name)
    for (let at = 0; at < maxRevoked; at += page) {
      // One after the other: all at once would take longer than a command may.
      const found = await redis.attempt('revocations', async (client) => {
        if (at === 0) await client.zremrangebyscore(place, '-inf', now)
        return client.zrevrangebyscore(place, '+inf', `(${now}`, 'WITHSCORES', 'LIMIT', at, page)
      })
      if (!found) {
        report('auth.revocations', { outcome: 'unknown' })
        return
      }
      for (let i = 0; i < found.length; i += 2) revoke(found[i] ?? '', Number(found[i + 1]) * 1000)
      if (found.length < 2 * page) break
    }
    report('auth.revocations', { outcome: 'read' })
  }

  let reading: Promise<void> | undefined
  const read = () => (reading ??= readAll().finally(() => (reading = undefined)))

  function hear(text: string): void {
    const heard = parse(text)
    if (!heard) {
      report('auth.revocations', { outcome: 'unreadable' })
      return
    }
    report('auth.revocations', { outcome: 'heard' })
    for (const kind of ['sub', 'jti'] as const) {
      const value = heard[kind]
      if (value === undefined) continue
      const name = `${kind}:${value}`
      revoke(name, heard.until * 1000)
      // By each instance that hears of it: once is enough, and as often as that does no harm.
      void redis.attempt('revoke', async (client) =>
        heard.until * 1000 > Date.now() ? client.zadd(place, heard.until, name) : client.zrem(place, name),
      )
    }
  }

  redis.onBeat(() => {
    if (performance.now() - readAt >= readEveryMs) void read()
  })
  await redis.subscribe(place, (text) => {
    if (text === undefined) void read()
    else hear(text)
  })
  await read()

  return {
    includes: ({ names }) => {
      if (until.size === 0) return false
      for (const name of names) {
        const untilMs = until.get(name)
        if (untilMs !== undefined && untilMs > Date.now()) return true
      }
      return false
    },
    whenRevoked: ({ names }, signal, onRevoked) => {
      if (signal.aborted) return
      for (const name of names) {
        const waiting = watchers.get(name) ?? new Set()
        watchers.set(name, waiting)
        waiting.add(onRevoked)
        signal.addEventListener('abort', () => {
          waiting.delete(onRevoked)
          if (waiting.size === 0 && watchers.get(name) === waiting) watchers.delete(name)
        })
      }
    },
  }
}

function parse(text: string): z.infer<typeof message> | undefined {
  try {
    return message.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function soonest(until: ReadonlyMap<string, number>): string {
  let first: [string, number] = ['', Infinity]
  for (const entry of until) if (entry[1] < first[1]) first = entry
  return first[0]
}
