import { Pool } from 'undici'
import type { Tls } from '../config/tls.ts'
import { UpstreamInvalidResponse, UpstreamTimeout, UpstreamUnavailable } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import type { Calls } from '../telemetry/trail.ts'
import { receive } from './receive.ts'

export type TransportRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the server root, already escaped. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The largest answer that is read; a longer one is an UpstreamInvalidResponse. */
  readonly maxBytes: number
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal
  /** Less time than the transport's own, for an attempt that is not the first. */
  readonly withinMs?: number
  /** Where somebody is to see each attempt. */
  readonly calls?: Calls | undefined
}

export type TransportResponse = {
  readonly status: number
  /** By lower-case name; several with one name are joined by commas. */
  readonly header: (name: string) => string | undefined
  readonly text: string
}

export type Transport = {
  /**
   * One HTTP exchange within the deadline. Redirects are not followed.
   * Throws UpstreamTimeout, UpstreamUnavailable or UpstreamInvalidResponse, or the signal's reason where that ended it.
   */
  readonly exchange: (request: TransportRequest) => Promise<TransportResponse>
  readonly close: () => Promise<void>
}

// Above what 64 clients keep in flight at once, below what a small operator would call an attack.
const connections = 128

/** HTTP to one operator: one keep-alive pool to the one origin of its server root. */
export function createTransport({
  operator,
  serverRoot,
  timeoutMs,
  tls = {},
}: {
  operator: string
  serverRoot: URL
  timeoutMs: number
  tls?: Tls | undefined
}): Transport {
  // The deadline below covers headers and body; undici's own timers would only race it.
  const pool = new Pool(serverRoot.origin, {
    connections,
    keepAliveTimeout: 30_000,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs, ...verified(tls) },
  })
  const server = { address: serverRoot.hostname, port: portOf(serverRoot) }
  const root = serverRoot.pathname.replace(/\/+$/, '')

  async function exchange(request: TransportRequest): Promise<TransportResponse> {
    const { method, signal, maxBytes } = request
    const started = performance.now()
    const call = request.calls?.begin(server)
    const seen = (status: number | 'timeout' | 'error' | 'invalid') => {
      call?.end(status)
      report('upstream.request', { operator, method, status, ms: performance.now() - started })
    }
    const received = await receive(
      pool,
      {
        method,
        path: root + request.path,
        headers: call?.headers ? { ...request.headers, ...call.headers } : request.headers,
        body: request.body ?? null,
      },
      { maxBytes, signal, withinMs: Math.min(request.withinMs ?? timeoutMs, timeoutMs) },
    )
    switch (received.outcome) {
      case 'answer': {
        const { status, headers, text } = received
        seen(status)
        return { status, header: (name) => combined(headers[name]), text }
      }
      case 'aborted':
        call?.end('aborted')
        throw signal.reason
      case 'timeout':
        seen('timeout')
        throw new UpstreamTimeout(operator, timeoutMs)
      case 'tooLong':
        seen('invalid')
        throw new UpstreamInvalidResponse(operator, `body: expected at most ${maxBytes} bytes, got more`)
      case 'broken': {
        const { status, cause } = received
        if (status === undefined || status >= 400) {
          seen('error')
          throw new UpstreamUnavailable(operator, 'could not be reached', { cause })
        }
        seen('invalid')
        throw new UpstreamInvalidResponse(operator, 'body: expected all of it, got a part', { cause })
      }
    }
  }

  return { exchange, close: () => pool.destroy() }
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/** Options of a TLS connection: the other's certificate is looked at, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
export function verified({ ca, cert, key }: Tls) {
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: true }
}

// RFC 9110 §5.3: several lines of one name are one list; a `no-store` may stand in the second.
function combined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
