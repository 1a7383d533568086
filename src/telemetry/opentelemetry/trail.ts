import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Attributes,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api'
import type { TraceContext } from '../traceContext.ts'
import type { CallTarget, Calls, Reading, Trail } from '../trail.ts'

/**
 * What a request does, as spans below its own, by OpenTelemetry's semantic conventions for HTTP clients and for Redis. A call
 * that another request had begun is a span of its own here, with a link to that one's.
 */
export function createSpanTrail(tracer: Tracer, request: Span): Trail {
  const parent = trace.setSpan(ROOT_CONTEXT, request)
  const begin = (name: string, options: SpanOptions) => tracer.startSpan(name, options, parent)

  function calls({ operator, method, resource }: CallTarget): Calls {
    let attempt = 0
    return {
      begin: (server) => {
        const span = begin(`${method} ${resource}`, {
          kind: SpanKind.CLIENT,
          attributes: {
            'http.request.method': method,
            'url.template': resource,
            'server.address': server.address,
            'server.port': server.port,
            'twinning.operator': operator,
            ...(attempt > 0 && { 'http.request.resend_count': attempt }),
          },
        })
        attempt += 1
        return {
          headers: headersOf(span),
          context: contextOf(span),
          end: (outcome, isShared) => {
            if (isShared) span.setAttribute('twinning.shared', true)
            if (typeof outcome === 'number') span.setAttribute('http.response.status_code', outcome)
            if (typeof outcome === 'string' || outcome >= 400) fail(span, String(outcome))
            span.end()
          },
        }
      },
      notSent: (reason) => {
        request.addEvent('twinning.not_sent', { 'twinning.operator': operator, 'twinning.reason': reason })
      },
    }
  }

  function command(name: string, keys: number): (isAnswered: boolean) => void {
    const span = begin(name, {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'redis', 'db.operation.name': name, 'twinning.keys': keys },
    })
    return (isAnswered) => {
      if (!isAnswered) fail(span, '_OTHER')
      span.end()
    }
  }

  return {
    operation: (type, name) => {
      request.setAttributes({
        'graphql.operation.type': type,
        ...(name !== undefined && { 'graphql.operation.name': name }),
      })
    },
    failed: (codes) => request.setAttribute('twinning.error_codes', [...new Set(codes)]),
    calls,
    joined: ({ operator, method, resource, outcome, startedAt, context }) => {
      const span = begin(`wait for ${method} ${resource}`, {
        startTime: performance.timeOrigin + startedAt,
        attributes: {
          'url.template': resource,
          'twinning.operator': operator,
          'twinning.outcome': String(outcome),
        },
        links: context ? [{ context: spanContextOf(context) }] : [],
      })
      span.end()
    },
    waiting: (since = performance.now()) => {
      const span = begin('wait for another instance', { startTime: performance.timeOrigin + since })
      return () => span.end()
    },
    reading: (entity): Reading => ({
      found: (tier, count) => {
        if (count > 0)
          request.addEvent('twinning.cache', {
            'twinning.entity': entity,
            'twinning.tier': tier,
            'twinning.count': count,
          } satisfies Attributes)
      },
      command,
    }),
  }
}

function fail(span: Span, why: string): void {
  span.setAttribute('error.type', why)
  // Whoever asked has gone: nobody's error.
  if (why !== 'aborted') span.setStatus({ code: SpanStatusCode.ERROR })
}

/** W3C Trace Context §3.2, §3.3. */
function headersOf(span: Span): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const flags = traceFlags & TraceFlags.SAMPLED ? '01' : '00'
  const tracestate = traceState?.serialize()
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    ...(tracestate && { tracestate }),
  }
}

/** Where in its trace a span is. */
export function contextOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }
}

function spanContextOf({ traceId, spanId, isSampled }: TraceContext) {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE }
}
