import { setTimeout as delay } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { report } from '../telemetry/channels.ts'
import { createAttempts, errorName, type Attempt } from './attempts.ts'
import { createSubscriber, type Listener } from './subscriber.ts'

/** A connection to Redis that may be there or not: whatever it is asked, it answers soon. */
export type RedisLink = {
  readonly cluster: boolean
  readonly attempt: Attempt
  /** Calls back with each message of a channel, and with `undefined` when messages may have been missed. */
  readonly subscribe: (channel: string, listener: Listener) => Promise<void>
  /** True while no message of a subscribed channel can be missed for longer than a moment. */
  readonly listening: () => boolean
  /** True while that holds, and has held for long enough that others too have come back after a loss. */
  readonly settled: () => boolean
  /** Calls back when Redis works again, or another node in the place of one: it may have forgotten what it was told last. */
  readonly onDoubt: (listener: () => void) => void
  /** Calls back several times a second, as long as Redis works. */
  readonly onBeat: (listener: () => void) => void
  readonly status: () => 'up' | 'down'
  readonly close: () => Promise<void>
}

// As long as a command that nobody waits for any more may hold up those after it, for the same slots of a cluster.
const commandTimeoutMs = 1000
const socketTimeoutMs = 3000
const startWaitMs = 1000

/** Connects to a server, or with several URLs to the nodes of a Redis Cluster; does not wait for it beyond a second. `ca`: whom to trust. */
export async function createRedisLink(urls: readonly URL[], ca?: string): Promise<RedisLink> {
  const commands = connect(urls, ca)
  const subscribing = connectSubscriber(urls, ca)
  const beatListeners = new Set<() => void>()
  const doubtListeners = new Set<() => void>()
  const doubt = () => {
    for (const listener of doubtListeners) listener()
  }
  const subscriber = createSubscriber({
    connection: subscribing,
    publish: async (channel, message) => {
      // Changes nothing, and fails where writes do: a Redis that is full, or a replica now, answers what is long over.
      await commands.set(channel, '', 'XX')
      return commands.publish(channel, message)
    },
    onBeat: () => {
      for (const listener of beatListeners) listener()
    },
    onRegained: doubt,
  })

  commands.on('error', (error: Error) =>
    report('cache.failure', { operation: 'connect', error: errorName(error) }),
  )

  if (commands instanceof Cluster) commands.on('-node', doubt)

  await Promise.all([ready(commands), ready(subscribing)])
  return {
    cluster: commands instanceof Cluster,
    attempt: createAttempts(commands),
    subscribe: async (channel, listener) => {
      await Promise.race([
        subscriber.subscribe(channel, listener),
        delay(startWaitMs, undefined, { ref: false }),
      ])
    },
    listening: subscriber.listening,
    settled: subscriber.settled,
    onDoubt: (listener) => void doubtListeners.add(listener),
    onBeat: (listener) => void beatListeners.add(listener),
    status: () => (commands.status === 'ready' && subscriber.listening() ? 'up' : 'down'),
    close: () => {
      beatListeners.clear()
      doubtListeners.clear()
      subscriber.close()
      commands.disconnect()
      return Promise.resolve()
    },
  }
}

const retry = (attempt: number) => Math.min(50 * 2 ** attempt, 1000)

function connect(urls: readonly URL[], ca: string | undefined): Redis | Cluster {
  const first = firstOf(urls)
  const options = {
    ...tlsOf(first, ca),
    connectTimeout: 1000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    // What was written to a server that is gone may be void by the time it is back.
    autoResendUnfulfilledCommands: false,
    // A network may swallow a connection without a word: then it is made anew.
    socketTimeout: socketTimeoutMs,
  }
  if (urls.length === 1)
    return new Redis(first.href, {
      ...options,
      retryStrategy: retry,
      // The name may lead to another server by now, to which the writes are to go.
      reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    })
  return new Cluster(urls.map(nodeOf), {
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    // The commands of one turn travel together, of all slots that one node has.
    enableAutoPipelining: true,
    redisOptions: { ...options, ...loginOf(first), commandTimeout: commandTimeoutMs },
  })
}

/** To the one server, or to one node of a cluster after the other: a message reaches all of them. */
function connectSubscriber(urls: readonly URL[], ca: string | undefined): Redis {
  const first = firstOf(urls)
  const options = { ...tlsOf(first, ca), connectTimeout: 1000, maxRetriesPerRequest: null }
  if (urls.length === 1) return new Redis(first.href, { ...options, retryStrategy: retry })
  const connection: Redis = new Redis({
    ...options,
    ...loginOf(first),
    ...nodeOf(first),
    retryStrategy: (attempt) => {
      Object.assign(connection.options, nodeOf(urls[attempt % urls.length] ?? first))
      return retry(attempt)
    },
  })
  return connection
}

function firstOf(urls: readonly URL[]): URL {
  const [first] = urls
  if (!first) throw new TypeError('a Redis link needs a URL')
  return first
}

/** Its certificate is looked at, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
function tlsOf({ protocol }: URL, ca: string | undefined) {
  return protocol === 'rediss:' ? { tls: { rejectUnauthorized: true, ...(ca !== undefined && { ca }) } } : {}
}

function loginOf({ username, password }: URL) {
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  }
}

function nodeOf({ hostname, port }: URL): { host: string; port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
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
