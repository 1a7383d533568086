import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { report } from '../telemetry/channels.ts'
import { parseTraceparent } from '../telemetry/traceContext.ts'

/** A request that has been answered. */
export type Answered = {
  readonly request: IncomingMessage
  /** Its name in the log, where the log does not have it already. */
  readonly reqId?: string
  /** As it was registered; `undefined` where there is none. */
  readonly route: string | undefined
  readonly status: number
  /** From when it was seen until its answer was on its way. */
  readonly ms: number
  /** It went on until somebody had enough of it, which says nothing of how long anything took. */
  readonly isStream?: boolean
}

/** Tells the log and the metrics of a request; the log with the trace that it belongs to, and its caller's span. */
export function tellOfRequest(
  log: FastifyBaseLogger,
  { request, reqId, route, status, ms, isStream }: Answered,
): void {
  const { method = '' } = request
  if (!isStream) report('http.request', { method, route, status, ms })
  const trace = parseTraceparent(request.headers.traceparent)
  // What is undefined is left out of the line.
  log.info(
    {
      reqId,
      method,
      route,
      status,
      ms: Math.round(ms),
      trace_id: trace?.traceId,
      span_id: trace?.spanId,
    },
    'request',
  )
}
