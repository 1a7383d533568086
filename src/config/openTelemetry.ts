import type { Settings } from './settings.ts'

/** Where traces and metrics are sent to by OTLP, and which; by OpenTelemetry's own variables. */
export type OpenTelemetrySettings = {
  /** Below it are `v1/traces` and `v1/metrics`. */
  readonly endpoint: URL
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly traces:
    | {
        readonly sampler: Settings['OTEL_TRACES_SAMPLER']
        /** Of those that are sampled by a ratio, from 0 to 1. */
        readonly ratio: number
        /** How often they are sent. */
        readonly delayMs: number
      }
    | undefined
  readonly metrics: { readonly everyMs: number } | undefined
}

/** `undefined` where nothing is to be sent. */
export function openTelemetryOf(s: Settings): OpenTelemetrySettings | undefined {
  if (s.OTEL_EXPORTER_OTLP_ENDPOINT === undefined || s.OTEL_SDK_DISABLED === 'true') return undefined
  return {
    endpoint: new URL(s.OTEL_EXPORTER_OTLP_ENDPOINT),
    protocol: s.OTEL_EXPORTER_OTLP_PROTOCOL,
    traces:
      s.OTEL_TRACES_EXPORTER === 'none'
        ? undefined
        : {
            sampler: s.OTEL_TRACES_SAMPLER,
            ratio: Number(s.OTEL_TRACES_SAMPLER_ARG),
            delayMs: s.OTEL_BSP_SCHEDULE_DELAY,
          },
    metrics: s.OTEL_METRICS_EXPORTER === 'none' ? undefined : { everyMs: s.OTEL_METRIC_EXPORT_INTERVAL },
  }
}
