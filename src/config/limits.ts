import type { Settings } from './settings.ts'

/** What a request may have, need and take; `mode` says whether one that goes beyond is refused or only counted. */
export type Limits = {
  readonly mode: 'enforce' | 'measure'
  readonly bodyBytes: number
  readonly tokens: number
  readonly depth: number
  readonly aliases: number
  readonly rootFields: number
  readonly directives: number
  /** Of each list in the variables. */
  readonly listLength: number
  readonly upstreamCalls: number
  readonly timeMs: number
  /** How long the headers of a request may take to arrive, and all of it. */
  readonly headersMs: number
  readonly requestMs: number
  readonly connections: number
}

export function limitsOf(s: Settings): Limits {
  return {
    mode: s.LIMIT_MODE,
    bodyBytes: s.LIMIT_BODY_BYTES,
    tokens: s.LIMIT_TOKENS,
    depth: s.LIMIT_DEPTH,
    aliases: s.LIMIT_ALIASES,
    rootFields: s.LIMIT_ROOT_FIELDS,
    directives: s.LIMIT_DIRECTIVES,
    listLength: s.LIMIT_LIST_LENGTH,
    upstreamCalls: s.LIMIT_UPSTREAM_CALLS,
    timeMs: s.LIMIT_TIME_MS,
    headersMs: s.LIMIT_HEADERS_MS,
    requestMs: s.LIMIT_REQUEST_MS,
    connections: s.LIMIT_CONNECTIONS,
  }
}
