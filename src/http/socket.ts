import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type Server } from 'graphql-ws'
import { WebSocketServer, type WebSocket } from 'ws'
import { RateLimited, type GatewayError } from '../errors.ts'
import type { Context } from '../graphql/context.ts'
import { formatError } from '../graphql/errors.ts'
import type { Admit, GraphqlRequest } from '../graphql/intake.ts'
import { formatted, type Subscriptions } from '../graphql/subscriptions.ts'
import { report } from '../telemetry/channels.ts'
import type { Callers } from './callers.ts'
import { mayOpenSocket, type Origins } from './cors.ts'
import type { WhenTokenEnds } from './expiry.ts'
import type { CreateContext } from './graphql.ts'

type Params = Record<string, unknown> | undefined
type Extra = { readonly socket: WebSocket; readonly request: IncomingMessage }

const path = '/graphql'
// A subscription is a document and its variables.
const maxMessageBytes = 64 * 1024
// What waits for a peer that does not read; the protocol has it answer pings with whatever they hold.
const maxWaitingBytes = 1024 * 1024
const maxSubscriptions = 1000
const closeWithinMs = 1000
const initWithinMs = 10_000
const pingEveryMs = 12_000
// Of the registry of RFC 6455 §11.7; clients of graphql-ws connect again after it.
const serviceRestart = 1012
const tryAgainLater = 1013

/**
 * Subscriptions over WebSocket at `/graphql` (the graphql-transport-ws protocol). The token comes with the upgrade request,
 * or as `authorization` in `connection_init`. Closes with 4401 where it is not valid, with 4403 once it has expired, after
 * which a client comes back with a new one, and with 1012 where this instance stops.
 */
export function registerSocket(
  app: FastifyInstance,
  {
    subscriptions,
    createContext,
    callers,
    whenTokenEnds,
    admit,
    origins,
  }: {
    subscriptions: Subscriptions
    createContext: CreateContext
    callers: Callers
    whenTokenEnds: WhenTokenEnds
    admit: Admit
    origins: Origins
  },
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  })
  const ends = new WeakMap<IncomingMessage, AbortController>()
  const endOf = (request: IncomingMessage): AbortSignal => {
    const end = ends.get(request) ?? new AbortController()
    ends.set(request, end)
    return end.signal
  }
  // By what was asked: an id may be used again as soon as the client has said that it wants no more of it.
  const contexts = new WeakMap<object, Context>()
  const contextOf = (payload: object): Context => {
    const context = contexts.get(payload)
    if (context) return context
    throw new TypeError('a subscription begins with a context')
  }

  const protocol = makeServer<Params, Extra>({
    schema: subscriptions.schema,
    connectionInitWaitTimeout: initWithinMs,
    validate: subscriptions.validate,
    onConnect: async ({ extra: { request, socket }, connectionParams }) => {
      const signal = endOf(request)
      socket.once('close', () => ends.get(request)?.abort())
      const { unauthenticated, principal } = await createContext(
        request,
        signal,
        authorizationOf(request, connectionParams),
      )
      if (unauthenticated) {
        const isLimited = unauthenticated instanceof RateLimited
        socket.close(isLimited ? tryAgainLater : CloseCode.Unauthorized, unauthenticated.message)
        return false
      }
      whenTokenEnds(principal, signal, (why) => socket.close(CloseCode.Forbidden, why.message))
      return true
    },
    onSubscribe: async ({ extra: { request }, connectionParams, subscriptions: open }, _id, payload) => {
      if (Object.keys(open).length > maxSubscriptions) return [tooMany()]
      const tooMuch = notAdmitted(admit, payload)
      if (tooMuch) return [new GraphQLError(tooMuch.message, { extensions: tooMuch.extensions ?? null })]
      // For each subscription anew: what one of them has read, spent or lacks is not another's.
      const context = await createContext(request, endOf(request), authorizationOf(request, connectionParams))
      if (context.unauthenticated) return [refusal(context.unauthenticated)]
      const refused = subscriptions.refusalOf(payload, context)
      if (refused) return [new GraphQLError(refused.message, { extensions: refused.extensions ?? null })]
      contexts.set(payload, context)
      return undefined
    },
    context: (_, _id, payload) => contextOf(payload),
    onNext: (_, _id, payload, _args, result) => formatted(subscriptions.shown(result, contextOf(payload))),
  })

  app.server.on('upgrade', (request, socket, head) => {
    // Node has taken its own listener away, and nobody else may have put one there yet.
    socket.on('error', () => socket.destroy())
    if (request.url?.split('?', 1)[0] !== path) {
      refuse(socket, '404 Not Found')
      return
    }
    if (!mayOpenSocket(request.headers, origins)) {
      refuse(socket, '403 Forbidden')
      return
    }
    const refused = callers.refusalOf(request)
    if (refused instanceof RateLimited) {
      refuse(socket, `429 Too Many Requests\r\nRetry-After: ${refused.retryAfterS}`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      serve(protocol, client, request)
    })
  })
  app.addHook('preClose', (done) => {
    for (const client of sockets.clients) {
      client.close(serviceRestart, 'this instance stops: connect again')
      // A peer that does not answer is not waited for.
      setTimeout(() => client.terminate(), closeWithinMs).unref()
    }
    sockets.close()
    done()
  })
}

/** Joins the protocol to a socket; what goes wrong with the socket is the socket's end, and no more. */
function serve(protocol: Server<Extra>, socket: WebSocket, request: IncomingMessage): void {
  let answers = true
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => {
        socket.on('message', (data: Buffer) => {
          if (socket.bufferedAmount > maxWaitingBytes) {
            socket.terminate()
            return
          }
          handle(data.toString()).catch((error: unknown) => {
            report('error.unexpected', { error })
            socket.close(CloseCode.InternalServerError, 'internal server error')
          })
        })
      },
    },
    { socket, request },
  )
  const beat = setInterval(() => {
    if (!answers) {
      socket.terminate()
      return
    }
    answers = false
    socket.ping()
  }, pingEveryMs).unref()
  socket.on('pong', () => (answers = true))
  // Too large a message, a broken frame: the protocol's own close codes say so.
  socket.on('error', () => undefined)
  socket.once('close', (code, reason) => {
    clearInterval(beat)
    void closed(code, reason.toString())
  })
}

/** Why it is not admitted; where it is, the payload becomes what is to be served. */
function notAdmitted(admit: Admit, payload: GraphqlRequest): GraphQLFormattedError | undefined {
  try {
    Object.assign(payload, admit(payload))
    return undefined
  } catch (error) {
    if (error instanceof GraphQLError) return formatError(error.toJSON(), error)
    throw error
  }
}

function authorizationOf({ headers }: IncomingMessage, params: Params): string | undefined {
  const given = params?.authorization ?? params?.Authorization
  return typeof given === 'string' ? given : headers.authorization
}

function refusal(error: GatewayError): GraphQLError {
  const { message, extensions = null } = formatError({ message: error.message }, error)
  return new GraphQLError(message, { extensions })
}

function tooMany(): GraphQLError {
  return new GraphQLError(`a socket takes ${maxSubscriptions} subscriptions at most`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}
