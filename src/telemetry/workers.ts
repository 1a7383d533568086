// Whoever asks one worker for metrics is told those of all of them.
import cluster from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'
import { z } from 'zod'

const question = z.object({ ask: z.literal('metrics of all'), id: z.number() })
const answer = z.object({ told: z.literal('metrics of all'), id: z.number(), text: z.string() })

/** In the process that has the workers: collects the metrics of all of them for the one that asks. */
export function answerForAll(): void {
  const all = new AggregatorRegistry()
  cluster.on('message', (worker, message: unknown) => {
    const asked = question.safeParse(message).data
    if (!asked) return
    all.clusterMetrics().then(
      (text) => worker.isConnected() && worker.send({ told: 'metrics of all', id: asked.id, text }),
      // The worker that asks gives its own.
      () => undefined,
    )
  })
}

const patienceMs = 1000
let last = 0

/** In a worker: the metrics of all of them; its own where the others can't be had in time. */
export async function textOfAll(registry: Registry): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const id = ++last
  const hear = (message: unknown) => {
    const told = answer.safeParse(message).data
    if (told?.id === id) resolve(told.text)
  }
  const timer = setTimeout(resolve, patienceMs, undefined)
  process.on('message', hear)
  try {
    process.send?.({ ask: 'metrics of all', id })
    return (await promise) ?? (await registry.metrics())
  } finally {
    clearTimeout(timer)
    process.off('message', hear)
  }
}

/** Makes a worker's metrics part of those of all. */
export function join(registry: Registry): void {
  AggregatorRegistry.setRegistries([registry])
  new AggregatorRegistry()
}
