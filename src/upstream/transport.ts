import { Pool, type Dispatcher } from 'undici'
import type { Tls } from '../config/tls.ts'
import { UpstreamInvalidResponse, UpstreamTimeout, UpstreamUnavailable } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import type { Calls } from '../telemetry/trail.ts'

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
    const started = performance.now()
    let status: number | undefined
    const withinMs = Math.min(request.withinMs ?? timeoutMs, timeoutMs)
    const deadline = AbortSignal.timeout(withinMs)
    const call = request.calls?.begin(server)
    const seen = (status: number | 'timeout' | 'error' | 'invalid') => {
      call?.end(status)
      report('upstream.request', {
        operator,
        method: request.method,
        status,
        ms: performance.now() - started,
      })
    }
    try {
      const response = await pool.request({
        method: request.method,
        path: root + request.path,
        headers: call?.headers ? { ...request.headers, ...call.headers } : request.headers,
        body: request.body ?? null,
        signal: AbortSignal.any([request.signal, deadline]),
      })
      status = response.statusCode
      const text = await readText(response, request.maxBytes, operator)
      seen(response.statusCode)
      return { status: response.statusCode, header: (name) => combined(response.headers[name]), text }
    } catch (error) {
      if (request.signal.aborted) {
        call?.end('aborted')
        throw request.signal.reason
      }
      if (deadline.aborted) {
        seen('timeout')
        throw new UpstreamTimeout(operator, timeoutMs, { cause: error })
      }
      if (error instanceof UpstreamInvalidResponse) {
        seen('invalid')
        throw error
      }
      if (status !== undefined && status < 400) {
        seen('invalid')
        throw new UpstreamInvalidResponse(operator, 'body: expected all of it, got a part', { cause: error })
      }
      seen('error')
      throw new UpstreamUnavailable(operator, 'could not be reached', { cause: error })
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

/** The text of an answer; throws UpstreamInvalidResponse where it is longer than `maxBytes`. */
export async function readText(
  { statusCode, body }: Dispatcher.ResponseData,
  maxBytes: number,
  operator: string,
): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array
    size += bytes.byteLength
    if (size > maxBytes) {
      // Leaving the loop destroys the body, and with it the connection: no more is read. A refusal needs no reasons.
      if (statusCode >= 400) return ''
      throw new UpstreamInvalidResponse(operator, `body: expected at most ${maxBytes} bytes, got more`)
    }
    chunks.push(bytes)
  }
  return new TextDecoder('utf-8').decode(Buffer.concat(chunks))
}

// RFC 9110 §5.3: several lines of one name are one list; a `no-store` may stand in the second.
function combined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
