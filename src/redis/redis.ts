import { Cluster, Redis } from 'ioredis'
import { report } from '../telemetry/channels.ts'

/** A connection to Redis that may be there or not: whatever it is asked, it answers soon. */
export type RedisLink = {
  readonly cluster: boolean
  /**
   * Runs commands; `undefined` where they failed or were not tried because Redis has just failed. A failure is reported
   * under the name of the operation and never thrown.
   */
  readonly attempt: <T>(
    operation: string,
    run: (redis: Redis | Cluster) => Promise<T>,
  ) => Promise<T | undefined>
  /** Calls back with each message of a channel, and with `undefined` when messages may have been missed. */
  readonly subscribe: (channel: string, listener: (message: string | undefined) => void) => void
  /** True while no message of a subscribed channel can be missed. */
  readonly listening: () => boolean
  readonly onReady: (listener: () => void) => void
  readonly status: () => 'up' | 'down'
  readonly close: () => Promise<void>
}

// A request waits this long for Redis at most; an operator answers in less than what a slow Redis would cost.
const commandTimeoutMs = 100
const failuresToPause = 3
const pauseMs = 1000
const startWaitMs = 1000

/** Connects to a server, or with several URLs to the nodes of a Redis Cluster; does not wait for it beyond a second. */
export async function createRedisLink(urls: readonly URL[]): Promise<RedisLink> {
  const commands = connect(urls, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
  })
  const subscriber = connect(urls, { enableOfflineQueue: true, maxRetriesPerRequest: null })
  const listeners = new Map<string, (message: string | undefined) => void>()
  let failures = 0
  let pausedUntil = 0
  let listening = false

  commands.on('error', (error: Error) => report('cache.failure', { operation: 'connect', error: error.name }))
  subscriber.on('error', () => undefined) // The same fault, reported once above.
  subscriber.on('message', (channel: string, message: string) => listeners.get(channel)?.(message))
  subscriber.on('close', () => {
    listening = false
    for (const listener of listeners.values()) listener(undefined)
  })
  subscriber.on('ready', () => void resubscribe())

  async function resubscribe(): Promise<void> {
    if (listeners.size === 0) return
    try {
      await subscriber.subscribe(...listeners.keys())
      // What was said between the loss and now has been missed.
      for (const listener of listeners.values()) listener(undefined)
      listening = true
    } catch (error) {
      report('cache.failure', { operation: 'subscribe', error: nameOf(error) })
    }
  }

  await ready(commands)
  return {
    cluster: commands instanceof Cluster,
    attempt: async (operation, run) => {
      if (commands.status !== 'ready' || Date.now() < pausedUntil) return undefined
      try {
        const result = await run(commands)
        failures = 0
        return result
      } catch (error) {
        failures += 1
        if (failures >= failuresToPause) pausedUntil = Date.now() + pauseMs
        report('cache.failure', { operation, error: nameOf(error) })
        return undefined
      }
    },
    subscribe: (channel, listener) => {
      listeners.set(channel, listener)
      if (subscriber.status === 'ready') void resubscribe()
    },
    listening: () => listening,
    onReady: (listener) => void commands.on('ready', listener),
    status: () => (commands.status === 'ready' && Date.now() >= pausedUntil ? 'up' : 'down'),
    close: () => {
      listeners.clear()
      commands.disconnect()
      subscriber.disconnect()
      return Promise.resolve()
    },
  }
}

type ConnectionOptions = {
  enableOfflineQueue: boolean
  maxRetriesPerRequest: number | null
  commandTimeout?: number
}

function connect(urls: readonly URL[], options: ConnectionOptions): Redis | Cluster {
  const [first] = urls
  if (!first) throw new TypeError('a Redis link needs a URL')
  const redisOptions = { ...options, connectTimeout: 1000, ...(first.protocol === 'rediss:' && { tls: {} }) }
  const retry = (attempt: number) => Math.min(50 * 2 ** attempt, 2000)
  if (urls.length === 1) return new Redis(first.href, { ...redisOptions, retryStrategy: retry })
  const nodes = urls.map((url) => ({ host: url.hostname, port: Number(url.port || 6379) }))
  return new Cluster(nodes, {
    enableOfflineQueue: options.enableOfflineQueue,
    clusterRetryStrategy: retry,
    // The commands of one tick to nodes of a cluster travel together, so that a MGET for each slot costs one trip.
    enableAutoPipelining: true,
    redisOptions: {
      ...redisOptions,
      ...(first.username && { username: decodeURIComponent(first.username) }),
      ...(first.password && { password: decodeURIComponent(first.password) }),
    },
  })
}

async function ready(redis: Redis | Cluster): Promise<void> {
  if (redis.status === 'ready') return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, startWaitMs)
    redis.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
