import { Cluster, type Redis } from 'ioredis'
import { report } from '../telemetry/channels.ts'
import { createDeadlines } from './deadlines.ts'

/**
 * Runs commands; `undefined` where they failed or were not tried because Redis has just failed (`always`: they are
 * tried all the same). A failure is reported under the name of the operation and never thrown.
 */
export type Attempt = <T>(
  operation: string,
  run: (redis: Redis | Cluster) => Promise<T>,
  options?: { always: boolean },
) => Promise<T | undefined>

// One attempt waits this long for Redis at most: an operator answers in less than what a slow Redis would cost. A cluster
// may send a command from node to node.
const attemptTimeoutMs = 100
const clusterTimeoutMs = 200
const failuresToPause = 3
const pauseMs = 1000

/** Attempts over one connection, which rest for a second when three in a row have failed. */
export function createAttempts(commands: Redis | Cluster): Attempt {
  const isCluster = commands instanceof Cluster
  const deadlines = createDeadlines(isCluster ? clusterTimeoutMs : attemptTimeoutMs)
  // A cluster's client gathers what goes to one node by itself.
  const gather = isCluster ? () => undefined : createGather(commands)
  let failures = 0
  let pausedUntil = 0

  function failed(operation: string, error: unknown): void {
    failures += 1
    if (failures >= failuresToPause) pausedUntil = performance.now() + pauseMs
    report('cache.failure', { operation, error: errorName(error) })
  }

  // There is one for each command that a request needs: no more promises and timers than that takes.
  return <T>(
    operation: string,
    run: (redis: Redis | Cluster) => Promise<T>,
    { always } = { always: false },
  ) => {
    if (commands.status !== 'ready' || (!always && performance.now() < pausedUntil))
      return Promise.resolve(undefined)
    return new Promise<T | undefined>((resolve) => {
      const fail = (error: unknown) => {
        failed(operation, error)
        resolve(undefined)
      }
      // What is late goes on by itself, and nobody waits for it.
      const deadline = deadlines.begin(() => fail(new Error('Redis gave no answer in time')))
      const failInTime = (error: unknown) => {
        if (deadlines.end(deadline)) fail(error)
      }
      gather()
      try {
        run(commands).then((result) => {
          if (!deadlines.end(deadline)) return
          failures = 0
          resolve(result)
        }, failInTime)
      } catch (error) {
        failInTime(error)
      }
    })
  }
}

/** What is asked in one turn of the event loop, by however many requests, is sent in one write. */
function createGather(redis: Redis): () => void {
  let stream: Redis['stream'] | undefined
  const send = () => {
    stream?.uncork()
    stream = undefined
  }
  return () => {
    if (stream) return
    stream = redis.stream
    stream.cork()
    setImmediate(send)
  }
}

/** An error's code, or the word with which Redis says it (WRONGPASS): never its text, which may quote a command. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return /^[A-Z]{4,}(?= )/.exec(error.message)?.[0] ?? error.name
}
