import type { Attributes } from '@opentelemetry/api'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { report } from '../channels.ts'
import { redact } from '../redaction.ts'

export type Protocol = 'http/protobuf' | 'http/json'

/** OTLP over HTTP to `${endpoint}/v1/traces`. Headers, certificates, compression: as the SDK's own variables say. */
export async function createSpanExporter(endpoint: URL, protocol: Protocol): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await (protocol === 'http/json'
    ? import('@opentelemetry/exporter-trace-otlp-http')
    : import('@opentelemetry/exporter-trace-otlp-proto'))
  const exporter = new OTLPTraceExporter({ url: below(endpoint, 'v1/traces') })
  return {
    export: (spans, done) =>
      exporter.export(spans.map(redacted), (result) => {
        tell('traces', result.code)
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  }
}

/** The same of metrics, to `${endpoint}/v1/metrics`. */
export async function createMetricExporter(endpoint: URL, protocol: Protocol): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } = await (protocol === 'http/json'
    ? import('@opentelemetry/exporter-metrics-otlp-http')
    : import('@opentelemetry/exporter-metrics-otlp-proto'))
  const exporter = new OTLPMetricExporter({ url: below(endpoint, 'v1/metrics') })
  return {
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        tell('metrics', result.code)
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  }
}

function below(endpoint: URL, path: string): string {
  return `${endpoint.href.replace(/\/$/, '')}/${path}`
}

/** `code`: 0, or 1 where it failed. */
function tell(signal: 'traces' | 'metrics', code: number): void {
  report('telemetry.export', { signal, outcome: code === 0 ? 'done' : 'failed' })
}

/** The last line of defence: what is told of spans are closed sets, but for the names of clients' operations. */
function redacted(span: ReadableSpan): ReadableSpan {
  const { name, attributes, events } = span
  if (isClean(name, attributes) && events.every((event) => isClean(event.name, event.attributes ?? {})))
    return span
  return {
    kind: span.kind,
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    links: span.links,
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    spanContext: () => span.spanContext(),
    name: redact(name),
    attributes: withoutPersonal(attributes),
    events: events.map((event) => ({ ...event, attributes: withoutPersonal(event.attributes ?? {}) })),
  }
}

function isClean(name: string, attributes: Attributes): boolean {
  return redact(name) === name && Object.values(attributes).every((value) => clean(value) === value)
}

function withoutPersonal(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, clean(value)]))
}

function clean(value: Attributes[string]): Attributes[string] {
  if (typeof value === 'string') return redact(value)
  if (!Array.isArray(value)) return value
  const texts = value.map((one: unknown) => (typeof one === 'string' ? redact(one) : String(one)))
  return texts.every((text, i) => text === String(value[i])) ? value : texts
}
