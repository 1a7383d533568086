import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

export type HttpRequest = {
  readonly method: string
  /** As it came: not decoded, `..` not resolved, without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type HttpAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown
  /** Promise the whole body, send this many bytes of it (`true`: half), and hang up. */
  readonly truncate?: number | true
}

/** What becomes of a request; `hang` holds its socket until the client leaves or the server closes. */
export type Outcome = HttpAnswer | 'hang' | 'reset'

export type Listener = { readonly url: string; readonly close: () => Promise<void> }

const maxBodyBytes = 1_048_576

/**
 * Serves `answer` on a socket; `port` 0 takes a free one. `close` is prompt whatever hangs, and may be called
 * twice.
 */
export async function listen({
  host,
  port,
  answer,
}: {
  host: string
  port: number
  answer: (request: HttpRequest) => Promise<Outcome>
}): Promise<Listener> {
  const server = createServer((request, response) => void serve(request, response, answer))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  let closed: Promise<void> | undefined
  return {
    url: urlOf(host, server.address()),
    close: () =>
      (closed ??= new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })),
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: HttpRequest) => Promise<Outcome>,
): Promise<void> {
  try {
    const body = await readBody(request)
    if (body === undefined) {
      send(response, { status: 413, headers: { connection: 'close' } })
      return
    }
    const { method = '', url = '', headers } = request
    const outcome = await answer({ method, path: url.split('?', 1)[0] ?? '', headers, body })
    if (outcome === 'hang') return
    if (outcome === 'reset') request.socket.resetAndDestroy()
    else send(response, outcome)
  } catch (error) {
    // The client left, or this server is closing: nobody is there to be answered.
    if (request.socket.destroyed) return
    process.emitWarning(error instanceof Error ? error : String(error))
    send(response, { status: 500 })
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, { status, headers = {}, body, truncate }: HttpAnswer): void {
  const bytes = Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body))
  if (body !== undefined) {
    response.setHeader(
      'content-type',
      typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
    )
  }
  if (status !== 204 && status !== 304) response.setHeader('content-length', bytes.length)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.writeHead(status)
  if (truncate === undefined) {
    response.end(bytes)
    return
  }
  response.write(bytes.subarray(0, truncate === true ? Math.floor(bytes.length / 2) : truncate))
  response.flushHeaders()
  response.socket?.destroySoon()
}

function urlOf(host: string, address: ReturnType<ReturnType<typeof createServer>['address']>): string {
  if (address === null || typeof address === 'string') throw new TypeError('expected a TCP address')
  // A wildcard address is no destination; what listens on all interfaces also answers on this one.
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${address.port}`
}
