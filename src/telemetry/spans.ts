import type { TraceContext } from './traceContext.ts'
import type { Trail } from './trail.ts'

/** Traces of the gateway's own requests, where they are exported. */
export type RequestSpans = {
  /** A request is there. `traceparent`, `tracestate`: its headers, as they came. */
  readonly begin: (request: {
    readonly method: string
    readonly traceparent: string | readonly string[] | undefined
    readonly tracestate: string | readonly string[] | undefined
  }) => RequestSpan
}

/** The span of one request. */
export type RequestSpan = {
  readonly context: TraceContext
  /** What it does, as spans below it. */
  readonly trail: Trail
  /** Its answer is on its way, or will never be: the first that is told of counts. */
  readonly end: (answered?: {
    readonly route: string | undefined
    readonly status: number
    /** What was at hand: the answer, its entities, or only the document. */
    readonly atHand?: string | undefined
  }) => void
}
