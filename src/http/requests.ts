import type { IncomingMessage, Server } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { report } from '../telemetry/channels.ts'
import type { RequestSpan, RequestSpans } from '../telemetry/spans.ts'
import { parseTraceparent } from '../telemetry/traceContext.ts'
import type { Trail } from '../telemetry/trail.ts'

/** A request that has been answered. */
export type Answered = {
  readonly request: IncomingMessage
  /** What is to stand in its line instead of method, route and status, where the log has these already. */
  readonly line?: { readonly reqId: string }
  /** As it was registered; `undefined` where there is none. */
  readonly route: string | undefined
  readonly status: number
  /** From when it was seen until its answer was on its way. */
  readonly ms: number
  /** It went on until somebody had enough of it, which says nothing of how long anything took. */
  readonly isStream?: boolean
  /** What was at hand: the answer, its entities, or the document of what had to be executed. */
  readonly atHand?: string
}

/** What is told of each request: to the log, to the metrics and, where they are exported, to traces. */
export type Requests = {
  /** Sees each request before anybody else does, where that is needed. */
  readonly watch: (server: Server) => void
  /** Where a trace is to show what the request does. */
  readonly trailOf: (request: IncomingMessage) => Trail | undefined
  /** The log is told with the trace that the request belongs to, and the gateway's span, else its caller's. */
  readonly answered: (log: FastifyBaseLogger, answered: Answered) => void
}

export function createRequests(spans: RequestSpans | undefined): Requests {
  const begun = new WeakMap<IncomingMessage, RequestSpan>()
  const spanOf = spans ? (request: IncomingMessage) => begun.get(request) : () => undefined

  return {
    watch: (server) => {
      if (!spans) return
      server.prependListener('request', (request, response) => {
        const { method = '', headers } = request
        const { traceparent, tracestate } = headers
        const span = spans.begin({ method, traceparent, tracestate })
        begun.set(request, span)
        // Where its client goes first, nothing else ends it.
        response.once('close', () => span.end())
      })
    },
    trailOf: (request) => spanOf(request)?.trail,
    answered: (log, { request, line, route, status, ms, isStream, atHand }) => {
      const { method = '' } = request
      const span = spanOf(request)
      const trace = span?.context ?? parseTraceparent(request.headers.traceparent)
      span?.end({ route, status, atHand })
      if (!isStream) report('http.request', { method, route, status, ms })
      // What is undefined is left out of the line.
      log.info(
        {
          ...(line ?? { method, route, status }),
          ms: Math.round(ms),
          trace_id: trace?.traceId,
          span_id: trace?.spanId,
        },
        'request',
      )
    },
  }
}
