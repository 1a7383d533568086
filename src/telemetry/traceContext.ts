/** Where in a trace something happens (W3C Trace Context §3.2.2): ids in lower-case hexadecimal. */
export type TraceContext = {
  readonly traceId: string
  /** Of the caller's span, as it comes in; of the gateway's own, as it goes out. */
  readonly spanId: string
  readonly isSampled: boolean
}

// Another version than 00 may go on after these (§3.2.4); ff is none.
const pattern = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** Reads a `traceparent` header; `undefined` for one that is none, which is to be taken as if it had not come (§4.3). */
export function parseTraceparent(header: string | readonly string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined
  const [, version, traceId, spanId, flags = '', more] = pattern.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined))
    return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
