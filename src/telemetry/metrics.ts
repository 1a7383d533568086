import cluster from 'node:cluster'
import { Counter, Histogram, Registry, type MetricObjectWithValues, type MetricValue } from 'prom-client'
import { listen } from './channels.ts'
import { redact } from './redaction.ts'
import { createRequestDurations } from './requests.ts'
import { join, textOfAll } from './workers.ts'

/** Prometheus series made from what the channels report. */
export type Metrics = {
  readonly text: () => Promise<string>
  readonly contentType: string
  /** Of this process alone. */
  readonly own: () => Promise<MetricObjectWithValues<MetricValue<string>>[]>
  readonly close: () => void
}

/** Channels are the process's: of two gateways in one process, each counts what both do. */
export function createMetrics(): Metrics {
  // The default registry takes each name but once in a process.
  const registry = new Registry()
  const registers = [registry]
  const upstream = new Histogram({
    name: 'twinning_upstream_request_seconds',
    help: 'Requests to operators, by what came of them.',
    labelNames: ['operator', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers,
  })
  const requests = createRequestDurations(registers)
  const leftOut = counter('twinning_upstream_left_out_total', 'Members of lists that could not be decoded.', [
    'operator',
  ])
  const retries = counter('twinning_upstream_retries_total', 'Requests sent to operators again.', [
    'operator',
  ])
  const spared = counter(
    'twinning_upstream_spared_total',
    'Requests that were not sent, as the operator had asked for a rest, or needs one.',
    ['operator', 'reason'],
  )
  const reads = counter(
    'twinning_cache_reads_total',
    'Entries asked of the cache, by the tier that had them.',
    ['tier'],
  )
  const atHand = counter('twinning_answers_at_hand_total', 'Requests answered by the fast path.', ['kind'])
  const stale = counter(
    'twinning_cache_stale_total',
    'Entries answered past their freshness, as loading failed.',
    [],
  )
  const failures = counter('twinning_cache_failures_total', 'Redis operations that failed.', ['operation'])
  const checks = counter(
    'twinning_lookout_checks_total',
    'Devices looked at for whoever watches them, as nobody tells of their changes.',
    ['operator', 'outcome'],
  )
  const notifications = counter('twinning_notifications_total', 'Change notifications.', [
    'operator',
    'outcome',
  ])
  const cost = new Histogram({
    name: 'twinning_operation_cost',
    help: 'Operations by their estimated cost, and whether that is more than COST_MAX.',
    labelNames: ['result'],
    buckets: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
    registers,
  })
  const limits = counter(
    'twinning_limits_exceeded_total',
    'Requests that had more of something than is allowed.',
    ['limit', 'outcome'],
  )
  const untrusted = counter(
    'twinning_documents_untrusted_total',
    'Requests by documents that are not trusted.',
    ['outcome'],
  )
  const keySets = counter(
    'twinning_key_set_fetches_total',
    'Fetches of the key set that signs access tokens; stale: failed, and the last one goes on to serve.',
    ['outcome'],
  )
  const revocations = counter(
    'twinning_revocations_total',
    'Revocations that were heard of, or could not be read, and readings of all of them.',
    ['outcome'],
  )
  const limited = counter(
    'twinning_rate_limited_total',
    'Requests of callers, or of addresses without a valid token, beyond what they may ask for in a minute.',
    ['by', 'outcome'],
  )
  const invalidations = counter(
    'twinning_router_invalidations_total',
    "Calls of the router's invalidation endpoint.",
    ['outcome'],
  )
  const callbacks = counter(
    'twinning_router_callbacks_lost_total',
    'Subscriptions ended as their router took no more.',
    [],
  )
  const recorded = counter(
    'twinning_change_events_total',
    'Changes written to the stream for a warehouse, or lost to it.',
    ['outcome'],
  )
  const exports = counter(
    'twinning_telemetry_exports_total',
    'Batches of traces and metrics that were sent by OTLP.',
    ['signal', 'outcome'],
  )
  const unexpected = counter(
    'twinning_unexpected_errors_total',
    'Errors answered as INTERNAL_SERVER_ERROR.',
    [],
  )

  function counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers })
  }

  const stops = [
    listen('http.request', requests),
    listen('upstream.request', ({ operator, method, status, ms }) =>
      upstream.observe({ operator, method, status: String(status) }, ms / 1000),
    ),
    listen('upstream.retried', (labels) => retries.inc(labels)),
    listen('upstream.spared', (labels) => spared.inc(labels)),
    listen('upstream.leftOut', ({ operator }) => leftOut.inc({ operator })),
    listen('cache.read', ({ tier, count }) => reads.inc({ tier }, count)),
    listen('answer.atHand', (labels) => atHand.inc(labels)),
    listen('document.atHand', () => atHand.inc({ kind: 'document' })),
    listen('cache.stale', ({ count }) => stale.inc(count)),
    listen('cache.failure', ({ operation }) => failures.inc({ operation })),
    listen('lookout.checked', (labels) => checks.inc(labels)),
    listen('notification.received', (labels) => notifications.inc(labels)),
    listen('operation.cost', ({ estimated, result }) => cost.observe({ result }, estimated)),
    listen('limit.exceeded', (labels) => limits.inc(labels)),
    listen('document.untrusted', ({ outcome }) => untrusted.inc({ outcome })),
    listen('auth.keys', (labels) => keySets.inc(labels)),
    listen('auth.revocations', (labels) => revocations.inc(labels)),
    listen('rate.refused', (labels) => limited.inc(labels)),
    listen('router.invalidation', ({ outcome }) => invalidations.inc({ outcome })),
    listen('router.callback', () => callbacks.inc()),
    listen('change.recorded', ({ outcome, count }) => recorded.inc({ outcome }, count)),
    listen('telemetry.export', (labels) => exports.inc(labels)),
    listen('error.unexpected', () => unexpected.inc()),
  ]
  if (cluster.isWorker) join(registry)
  return {
    text: async () => redact(await (cluster.isWorker ? textOfAll(registry) : registry.metrics())),
    contentType: registry.contentType,
    own: () => registry.getMetricsAsJSON(),
    close: () => {
      for (const stop of stops) stop()
    },
  }
}
