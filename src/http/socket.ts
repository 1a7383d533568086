import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { GraphQLError } from 'graphql'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { GatewayError } from '../errors.ts'
import type { Context } from '../graphql/context.ts'
import { toGraphQLError } from '../graphql/errors.ts'
import { formatted, type Subscriptions } from '../graphql/subscriptions.ts'
import { expiredToken, whenExpired } from './expiry.ts'
import type { CreateContext } from './graphql.ts'

type Params = Record<string, unknown> | undefined

/** What belongs to one socket: the contexts of its subscriptions by their ids. */
type Extra = { readonly end: AbortController; readonly contexts: Map<string, Context> }

const path = '/graphql'
// A subscription is a document and its variables.
const maxMessageBytes = 1024 * 1024
const initWithinMs = 10_000
const pingEveryMs = 12_000
// Of the registry of RFC 6455 §11.7; clients of graphql-ws connect again after it.
const serviceRestart = 1012

/**
 * Subscriptions over WebSocket at `/graphql` (the graphql-transport-ws protocol). The token comes with the upgrade request,
 * or as `authorization` in `connection_init`. Closes with 4401 where it is not valid, with 4403 once it has expired, after
 * which a client comes back with a new one, and with 1012 where this instance stops.
 */
export function registerSocket(
  app: FastifyInstance,
  { subscriptions, createContext }: { subscriptions: Subscriptions; createContext: CreateContext },
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  })
  const extras = new WeakMap<IncomingMessage, Extra>()
  const extraOf = (request: IncomingMessage): Extra => {
    const known = extras.get(request)
    if (known) return known
    const extra = { end: new AbortController(), contexts: new Map<string, Context>() }
    extras.set(request, extra)
    return extra
  }

  useServer<Params>(
    {
      schema: subscriptions.schema,
      connectionInitWaitTimeout: initWithinMs,
      validate: subscriptions.validate,
      onConnect: async ({ extra: { request, socket }, connectionParams }) => {
        const { end } = extraOf(request)
        socket.once('close', () => end.abort())
        const context = await createContext(authorizationOf(request, connectionParams), end.signal)
        if (context.unauthenticated) {
          socket.close(CloseCode.Unauthorized, context.unauthenticated.message)
          return false
        }
        whenExpired(context.principal.expiresAt, end.signal, () =>
          socket.close(CloseCode.Forbidden, expiredToken.message),
        )
        return true
      },
      onSubscribe: async ({ extra: { request }, connectionParams }, id, payload) => {
        const refused = subscriptions.refusalOf(payload)
        if (refused) return [new GraphQLError(refused.message, { extensions: refused.extensions ?? null })]
        const { end, contexts } = extraOf(request)
        // For each subscription anew: what one of them has read, spent or lacks is not another's.
        const context = await createContext(authorizationOf(request, connectionParams), end.signal)
        if (context.unauthenticated) return [refusal(context.unauthenticated)]
        contexts.set(id, context)
        return undefined
      },
      context: ({ extra: { request } }, id) => contextOf(extraOf(request), id),
      onNext: ({ extra: { request } }, id, _payload, _args, result) =>
        formatted(subscriptions.shown(result, contextOf(extraOf(request), id))),
      onComplete: ({ extra: { request } }, id) => {
        extraOf(request).contexts.delete(id)
      },
    },
    sockets,
    pingEveryMs,
  )

  app.server.on('upgrade', (request, socket, head) => {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== path) {
      refuse(socket)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      sockets.emit('connection', client, request)
      // Too large a message, a broken frame: the protocol's own close codes say so, and the library need not print it.
      client.removeAllListeners('error').on('error', () => undefined)
    })
  })
  app.addHook('preClose', (done) => {
    for (const client of sockets.clients) client.close(serviceRestart, 'this instance stops: connect again')
    sockets.close()
    done()
  })
}

function contextOf({ contexts }: Extra, id: string): Context {
  const context = contexts.get(id)
  if (context) return context
  throw new TypeError('a subscription begins with a context')
}

function authorizationOf({ headers }: IncomingMessage, params: Params): string | undefined {
  const given = params?.authorization ?? params?.Authorization
  return typeof given === 'string' ? given : headers.authorization
}

function refusal(error: GatewayError): GraphQLError {
  const { message, extensions } = toGraphQLError(error, 401)
  return new GraphQLError(message, { extensions: { code: extensions.code } })
}

function refuse(socket: Duplex): void {
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}
