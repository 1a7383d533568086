// A gateway that writes its changes to a stream of a real Redis, and the stream as a warehouse reads it.
import type { TestContext } from 'node:test'
import { Redis } from 'ioredis'
import type { Operator } from '../../src/sandbox/operator.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { startRedis, type RedisServer } from '../support/redis.ts'
import { until } from '../support/until.ts'

export const key = 'twinning:changes'

export type Entry = Readonly<Record<string, string>>

/** The entries of a stream, oldest first, each with the fields that it has. */
export async function readStream(client: Redis): Promise<Entry[]> {
  return (await client.xrange(key, '-', '+')).map(([, fields]) => entryOf(fields))
}

export function entryOf(fields: readonly string[]): Entry {
  return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? '']] : [])))
}

export type World = {
  readonly gateway: Gateway
  readonly redis: RedisServer
  readonly client: Redis
  /** The stream, once it has so many entries. */
  readonly entries: (count: number) => Promise<Entry[]>
}

export async function startWorld(
  t: TestContext,
  environment: Record<string, string> = {},
  redisArgs: readonly string[] = [],
): Promise<World> {
  const redis = await startRedis(t, { args: redisArgs })
  const gateway = await startGateway(t, {
    environment: { REDIS_URL: redis.url, CHANGE_STREAM: key, POLL_S: '0', ...environment },
  })
  const client = openClient(t, redis.url)
  return {
    gateway,
    redis,
    client,
    entries: async (count) => {
      await until(`there are ${count} entries`, async () => (await client.xlen(key)) >= count)
      return readStream(client)
    },
  }
}

export function openClient(t: TestContext, url: string): Redis {
  const client = new Redis(url, { maxRetriesPerRequest: null })
  client.on('error', () => undefined)
  t.after(() => client.disconnect())
  return client
}

/** The operator tells of twinnings of this device. */
export async function notify(
  { url }: Pick<Gateway, 'url'>,
  { id, serverRoot }: Operator,
  device: string,
  twinningIds: readonly string[],
): Promise<void> {
  const path = `${serverRoot}/twinning/v1/${encodeURIComponent(device)}/twinnings`
  const link = twinningIds.map((twinningId) => ({ rel: 'Twinning', href: `${path}/${twinningId}` }))
  const response = await fetch(`${url}/notifications/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer notify-secret' },
    body: JSON.stringify({ twinningNotification: { link } }),
  })
  if (response.status !== 204) throw new Error(`the notification was answered with ${response.status}`)
}

/** What the gateway's metrics say of entries. */
export async function counted({ url }: Pick<Gateway, 'url'>, outcome: 'written' | 'lost'): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = new RegExp(`^twinning_change_events_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm')
  return Number(line.exec(text)?.[1] ?? 0)
}
