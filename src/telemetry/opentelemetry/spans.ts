import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import { redact } from '../redaction.ts'
import type { RequestSpans } from '../spans.ts'
import { parseTraceparent, type TraceContext } from '../traceContext.ts'
import type { Trail } from '../trail.ts'
import { contextOf, createSpanTrail } from './trail.ts'

// A client may make up others (OpenTelemetry, http.request.method).
const methods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])

/** Spans of requests by OpenTelemetry's semantic conventions for HTTP servers, children of whatever span they came with. */
export function createRequestSpans(tracer: Tracer): RequestSpans {
  return {
    begin: ({ method, traceparent, tracestate }) => {
      const known = methods.has(method) ? method : '_OTHER'
      const span = tracer.startSpan(
        known === '_OTHER' ? 'HTTP' : known,
        {
          kind: SpanKind.SERVER,
          attributes: { 'http.request.method': known, 'url.scheme': 'http' },
        },
        parentOf(traceparent, tracestate),
      )
      let isEnded = false
      let trail: Trail | undefined
      return {
        context: contextOf(span),
        // What is at hand does nothing that could be seen.
        get trail() {
          return (trail ??= createSpanTrail(tracer, span))
        },
        end: (answered) => {
          if (isEnded) return
          isEnded = true
          if (answered) tell(span, known, answered)
          else span.setAttribute('error.type', 'aborted')
          span.end()
        },
      }
    },
  }
}

/** Neither a path nor a query: what is not registered may hold anything. */
function tell(
  span: Span,
  method: string,
  { route, status, atHand }: { route: string | undefined; status: number; atHand?: string | undefined },
): void {
  span.setAttribute('http.response.status_code', status)
  if (route !== undefined) {
    span.updateName(`${method === '_OTHER' ? 'HTTP' : method} ${route}`)
    span.setAttribute('http.route', route)
    span.setAttribute('url.path', route)
  }
  if (atHand !== undefined) span.setAttribute('twinning.at_hand', atHand)
  if (status < 500) return
  span.setAttribute('error.type', String(status))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

function parentOf(
  traceparent: string | readonly string[] | undefined,
  tracestate: string | readonly string[] | undefined,
): Context {
  const parent = parseTraceparent(traceparent)
  return parent ? trace.setSpanContext(ROOT_CONTEXT, remote(parent, tracestate)) : ROOT_CONTEXT
}

function remote(
  { traceId, spanId, isSampled }: TraceContext,
  tracestate: string | readonly string[] | undefined,
): SpanContext {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  const parent = { traceId, spanId, traceFlags, isRemote: true }
  // Vendors' own words go on as they are (W3C Trace Context §3.3), unless somebody has put what is personal among them.
  return typeof tracestate === 'string' && redact(tracestate) === tracestate
    ? { ...parent, traceState: new TraceState(tracestate) }
    : parent
}
