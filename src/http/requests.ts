import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { report } from '../telemetry/channels.ts'

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

/** Tells the log and the metrics of a request. */
export function tellOfRequest(
  log: FastifyBaseLogger,
  { request, reqId, route, status, ms, isStream }: Answered,
): void {
  const { method = '' } = request
  if (!isStream) report('http.request', { method, route, status, ms })
  const line = { method, route, status, ms: Math.round(ms) }
  log.info(reqId === undefined ? line : { reqId, ...line }, 'request')
}
