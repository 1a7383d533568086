import { setTimeout as wait } from 'node:timers/promises'
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace'
import type { OpenTelemetrySettings } from '../../config/openTelemetry.ts'
import type { Metrics } from '../metrics.ts'
import type { RequestSpans } from '../spans.ts'
import { createMetricExporter, createSpanExporter } from './exporters.ts'
import { createMetricProducer } from './metrics.ts'
import { createRequestSpans } from './spans.ts'

/** Traces and metrics on their way to a collector. */
export type OpenTelemetry = {
  readonly spans: RequestSpans | undefined
  /** Sends what is left, and does not wait long for whoever does not take it. */
  readonly close: () => Promise<void>
}

const scope = 'twinning-gateway'
const closeWithinMs = 2000

/** Nothing is registered globally: there may be several gateways in one process. */
export async function startOpenTelemetry(
  { endpoint, protocol, traces, metrics: metricSettings }: OpenTelemetrySettings,
  metrics: Pick<Metrics, 'own'>,
): Promise<OpenTelemetry> {
  // Workers differ by service.instance.id; OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are the detectors' to read.
  const detectors = [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector]
  const resource = resourceFromAttributes({ 'service.name': scope }).merge(detectResources({ detectors }))
  const tracerProvider =
    traces &&
    new TracerProvider({
      resource,
      sampler: samplerOf(traces),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: await createSpanExporter(endpoint, protocol),
          scheduledDelayMillis: traces.delayMs,
        }),
      ],
    })
  const meterProvider =
    metricSettings &&
    new MeterProvider({
      resource,
      readers: [
        new PeriodicExportingMetricReader({
          exporter: await createMetricExporter(endpoint, protocol),
          metricProducers: [createMetricProducer(metrics, resource)],
          exportIntervalMillis: metricSettings.everyMs,
          exportTimeoutMillis: Math.min(metricSettings.everyMs, 30_000),
        }),
      ],
    })
  return {
    spans: tracerProvider && createRequestSpans(tracerProvider.getTracer(scope)),
    close: async () => {
      await Promise.race([
        Promise.allSettled([tracerProvider?.shutdown(), meterProvider?.shutdown()]),
        wait(closeWithinMs, undefined, { ref: false }),
      ])
    },
  }
}

function samplerOf({ sampler, ratio }: NonNullable<OpenTelemetrySettings['traces']>): Sampler {
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }
  switch (sampler) {
    case 'always_on':
    case 'always_off':
    case 'traceidratio':
      return root[sampler]()
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: root.always_on() })
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: root.always_off() })
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: root.traceidratio() })
  }
}
