// A collector of OpenTelemetry's, as far as a gateway sees one: it takes OTLP over HTTP, and keeps what comes as JSON.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { until } from './until.ts'

type Value = {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values: readonly Value[] }
}
type Attributes = readonly { readonly key: string; readonly value: Value }[]

export type ReceivedSpan = {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly status: { readonly code?: number }
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
  readonly attributes: Attributes
}

export type ReceivedMetric = {
  readonly name: string
  readonly unit: string
  readonly sum?: { readonly dataPoints: readonly Point[]; readonly isMonotonic: boolean }
  readonly histogram?: { readonly dataPoints: readonly (Point & ReceivedHistogram)[] }
}
type Point = { readonly attributes: Attributes; readonly asDouble?: number }
export type ReceivedHistogram = {
  readonly count: number
  readonly sum: number
  readonly bucketCounts: readonly number[]
  readonly explicitBounds: readonly number[]
}

export type Collector = {
  readonly url: string
  /** As `name: value`, of its resource. */
  readonly resource: () => Record<string, unknown>
  readonly spans: () => readonly ReceivedSpan[]
  /** The newest of each name. */
  readonly metrics: () => ReadonlyMap<string, ReceivedMetric>
  /** Path and media type of each request. */
  readonly requests: () => readonly string[]
  /** All that came. */
  readonly text: () => string
  /** Waits for as many spans as that, and answers all. */
  readonly untilSpans: (
    holds: (spans: readonly ReceivedSpan[]) => boolean,
  ) => Promise<readonly ReceivedSpan[]>
}

/** `status`: what it answers with. */
export async function startCollector({ status = 200 }: { status?: number } = {}): Promise<Collector> {
  const bodies: { path: string; type: string; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const all = Buffer.concat(chunks)
      const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(all) : all).toString('utf8')
      bodies.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body })
      response.writeHead(status, { 'content-type': request.headers['content-type'] ?? '' }).end()
    })
  })
  // It ends with the process: what a gateway sends when it closes, which is after its test, is taken as well.
  server.unref().on('connection', (socket) => socket.unref())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const parsed = (path: string): unknown[] =>
    bodies.flatMap((one): unknown[] =>
      one.path === path && one.type === 'application/json' ? [JSON.parse(one.body)] : [],
    )
  const spans = (): ReceivedSpan[] =>
    (parsed('/v1/traces') as Traces[]).flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    )
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    resource: () =>
      attributesOf((parsed('/v1/traces') as Traces[])[0]?.resourceSpans[0]?.resource.attributes ?? []),
    metrics: () =>
      new Map(
        (parsed('/v1/metrics') as Metrics[]).flatMap(({ resourceMetrics }) =>
          resourceMetrics.flatMap(({ scopeMetrics }) =>
            scopeMetrics.flatMap(({ metrics }) => metrics.map((metric) => [metric.name, metric] as const)),
          ),
        ),
      ),
    requests: () => bodies.map(({ path, type }) => `${path} ${type}`),
    text: () => bodies.map(({ body }) => body).join('\n'),
    untilSpans: async (holds) => {
      await until('the spans have come', () => holds(spans()))
      return spans()
    },
  }
}

type Traces = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[]
  }[]
}
type Metrics = {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly ReceivedMetric[] }[]
  }[]
}

export function attributesOf(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))
}

function plain({ stringValue, intValue, doubleValue, boolValue, arrayValue }: Value): unknown {
  if (arrayValue) return arrayValue.values.map(plain)
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue))
}
