import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify'
import { report } from '../telemetry/channels.ts'
import { longestBody, measureBodies, type BodyLimit } from './body.ts'
import { shareWith, type Origins } from './cors.ts'
import type { Front } from './front.ts'
import { secureAnswers } from './headers.ts'
import type { Requests } from './requests.ts'

/** Settings: how long a request may take to arrive, its headers and all of it; and how many connections there may be. */
export type HttpLimits = BodyLimit & {
  readonly headersMs: number
  readonly requestMs: number
  readonly connections: number
  /** More than an operation may take. */
  readonly silentMs: number
}

// How late a connection that is too slow is noticed.
const checkEveryMs = 1000

/** An HTTP server with limits and a line in the log for each request; no business. */
export function createHttpServer(
  logger: FastifyBaseLogger,
  {
    isDraining,
    front,
    requests,
    nextId,
    limits,
    origins,
  }: {
    isDraining: () => boolean
    front: Front | undefined
    requests: Requests
    nextId: () => string
    limits: HttpLimits
    origins: Origins
  },
): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    genReqId: nextId,
    // Fastify's own lines hold the URL, and that may hold a query's variables.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: longestBody(limits),
    requestTimeout: limits.requestMs,
    keepAliveTimeout: 65_000,
    // Neither side has moved a byte: a peer that does not read is not waited for. Streams send a sign of life.
    connectionTimeout: limits.silentMs,
    forceCloseConnections: 'idle',
    http: {
      headersTimeout: Math.min(limits.headersMs, limits.requestMs),
      connectionsCheckingInterval: checkEveryMs,
      // Whatever NODE_OPTIONS says: what two servers read in two ways is how requests are smuggled.
      insecureHTTPParser: false,
    },
  })
  app.server.maxConnections = limits.connections
  app.server.on('drop', () => report('limit.exceeded', { limit: 'connections', outcome: 'refused' }))
  if (front) putInFront(app.server, front)
  requests.watch(app.server)
  // All that is read here is JSON.
  app.removeContentTypeParser('text/plain')
  measureBodies(app, limits)
  secureAnswers(app)
  shareWith(app, origins)
  let closing = false
  // Connections on which nothing has been asked yet: Node does not count them as idle, and would wait for them.
  const unused = new Set<Socket>()
  app.server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  const used = ({ socket }: IncomingMessage) => unused.delete(socket)
  app.server.on('request', used).on('upgrade', used)
  app.addHook('preClose', (done) => {
    closing = true
    for (const socket of unused) socket.destroy()
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    // What came by the front is older than the framework knows.
    const started = front?.startedOf(request.raw)
    requests.answered(request.log, {
      request: request.raw,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: started === undefined ? reply.elapsedTime : performance.now() - started,
      // Its head was written past the framework.
      isStream: isStreamAskedFor(request) && !reply.hasHeader('content-type'),
    })
    // Kept alive, its connection would keep the server from closing.
    if (closing) setImmediate(() => app.server.closeIdleConnections())
    done()
  })
  app.addHook('onSend', (_, reply, payload, done) => {
    // Whoever keeps its connection would go on sending requests here.
    if (isDraining()) reply.header('connection', 'close')
    done(null, payload)
  })
  app.setErrorHandler((error: { statusCode?: number; message: string }, _, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) report('error.unexpected', { error })
    return reply
      .code(status)
      .send({ status, message: status >= 500 ? 'internal server error' : error.message })
  })
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ status: 404, message: 'there is nothing here' }),
  )
  return app
}

function isStreamAskedFor({ headers: { accept } }: FastifyRequest): boolean {
  return accept?.includes('text/event-stream') ?? false
}

/** Names of requests, in order, for the log. */
export function createRequestIds(): () => string {
  let last = 0
  return () => `req-${(++last).toString(36)}`
}

/** The server stays the framework's, with its limits; only whom it tells of a request is another. */
function putInFront(server: Server, { listener }: Front): void {
  const [framework, another] = server.listeners('request') as RequestListener[]
  if (!framework || another) throw new TypeError('expected the framework to be the one listener there is')
  server.off('request', framework).on('request', listener(framework))
}
