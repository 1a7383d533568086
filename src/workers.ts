// WORKERS: several processes that serve one port, each an instance of its own that shares what Redis holds.
import cluster from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import { answerForAll } from './telemetry/workers.ts'

const restartAfterMs = 1000

/**
 * Starts so many workers and another for each that dies; hands signals on to them. Answers the exit code once all have
 * ended: not 0 where one could not start, which stops the others, or could not stop.
 */
export function supervise(count: number, log: FastifyBaseLogger): Promise<number> {
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const serving = new Set<number>()
  let stopping = false
  let exitCode = 0

  const fork = () => {
    if (!stopping) cluster.fork()
  }
  function stop(signal: NodeJS.Signals): void {
    stopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
  }

  cluster.on('listening', ({ id }) => serving.add(id))
  cluster.on('exit', ({ id, process: { pid } }, code, signal) => {
    const wasServing = serving.delete(id)
    if (wasServing && !stopping) {
      log.error({ worker: pid, code, signal }, 'a worker has died; another is started')
      setTimeout(fork, restartAfterMs)
      return
    }
    if (code !== 0) exitCode = 1
    if (!stopping) stop('SIGTERM')
    if (Object.keys(cluster.workers ?? {}).length === 0) resolve(exitCode)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  answerForAll()
  for (let n = 0; n < count; n++) fork()
  return ended
}
