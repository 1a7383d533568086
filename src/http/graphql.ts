import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { HeaderMap, type ApolloServer, type HTTPGraphQLHead } from '@apollo/server'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Principal } from '../auth/policy.ts'
import type { Context } from '../graphql/context.ts'
import { refusal } from '../graphql/admission.ts'
import { subscriptionIn } from '../graphql/subscriptions.ts'
import { RateLimited, type GatewayError } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import { bodyRefusal, type BodyLimit } from './body.ts'
import type { Callbacks } from './callback.ts'
import type { Callers } from './callers.ts'
import type { Front } from './front.ts'
import { goneSignal } from './gone.ts'
import type { Intake } from './intake.ts'
import type { ServeStream } from './stream.ts'

/** Makes the context of a request from its headers; throws nothing. `authorization`: where it came in another way. */
export type CreateContext = (
  request: IncomingMessage,
  signal: AbortSignal,
  authorization?: string,
) => Promise<Context>

/** Makes the context of a request whose caller is known already, and pays in another way. */
export type ContextOf = (request: IncomingMessage, signal: AbortSignal, principal: Principal) => Context

const internalError = { message: 'internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
const json = 'application/json'
const graphqlResponse = 'application/graphql-response+json'

/**
 * GraphQL over HTTP (GraphQL over HTTP, Stage 2 draft) at `/graphql`: POST, and GET for queries. `closed`: who has no
 * valid token is turned away before the document is even validated.
 */
export function registerGraphql(
  app: FastifyInstance,
  {
    server,
    createContext,
    callbacks,
    serveStream,
    front,
    intake,
    bodyLimit,
    callers,
    closed,
  }: {
    server: ApolloServer<Context>
    createContext: CreateContext
    callers: Callers
    callbacks: Callbacks
    serveStream: ServeStream
    front: Front | undefined
    intake: Intake
    bodyLimit: BodyLimit
    closed: boolean
  },
): void {
  const contexts = new WeakMap<FastifyRequest, Context>()
  app.register((scope, _, done) => {
    scope.setErrorHandler(answerErrors(bodyLimit))
    if (front) keepAnswers(scope, front, contexts)

    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      onRequest: turnAway(callers),
      preHandler: intake,
      handler: async (request, reply) => {
        if (wantsStream(request)) return serveStream(request, reply)
        const called = await callbacks.answer(request.body, request.raw)
        if (called)
          return reply
            .headers({ 'cache-control': 'no-store', ...called.headers })
            .code(called.status)
            .send(called.body)
        const context = await createContext(request.raw, goneSignal(reply.raw))
        const { unauthenticated } = context
        if (unauthenticated && (closed || unauthenticated instanceof RateLimited))
          return sendRefusal(request, reply, unauthenticated)
        const response = await server.executeHTTPGraphQLRequest({
          httpGraphQLRequest: {
            method: request.method,
            headers: headersOf(request),
            search: new URL(request.url, 'http://localhost').search,
            body: request.body,
          },
          context: () => Promise.resolve(context),
        })
        contexts.set(request, context)
        if (response.body.kind !== 'complete') throw new TypeError('incremental delivery is not offered')
        return reply
          .header('cache-control', 'no-store')
          .headers(Object.fromEntries(response.headers))
          .code(statusOf(response, response.body.string))
          .send(response.body.string)
      },
    })
    done()
  })
}

/** Who has nothing left to ask for is told so before a body is read. */
export function turnAway(callers: Callers): onRequestHookHandler {
  return (request, reply, done) => {
    const refused = callers.refusalOf(request.raw)
    if (refused) void sendRefusal(request, reply, refused)
    else done()
  }
}

/** What went wrong before GraphQL was reached, in GraphQL's form. */
export function answerErrors(bodyLimit: BodyLimit) {
  return (
    error: { statusCode?: number; code?: string; message: string },
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    const status = error.statusCode ?? 500
    if (status >= 500) {
      report('error.unexpected', { error })
      return sendErrors(request, reply, 500, [internalError])
    }
    const tooLong = bodyRefusal(error, request.headers['content-length'], bodyLimit)
    return sendErrors(request, reply, status, [
      tooLong ?? { message: error.message, extensions: { code: 'BAD_REQUEST' } },
    ])
  }
}

/** Takes the body from the front, where that has read it, and gives it the answers that it may give again. */
function keepAnswers(scope: FastifyInstance, front: Front, contexts: WeakMap<FastifyRequest, Context>): void {
  scope.addHook('preParsing', (request, _, payload, done) => {
    const body = front.bodyOf(request.raw)
    done(null, body ? Readable.from([body]) : payload)
  })
  scope.addHook('onSend', (request, reply, payload, done) => {
    const context = contexts.get(request)
    const mayBeKept = reply.statusCode === 200 && reply.getHeader('cache-control') !== 'no-store'
    if (context && mayBeKept && typeof payload === 'string')
      front.keep(request.raw, context, { body: payload, headers: reply.getHeaders() as OutgoingHttpHeaders })
    done(null, payload)
  })
}

function headersOf(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  return headers
}

// What the request could not be blamed for has another status than 400 already; these codes are of well-formed
// requests, for which a client of the older media type expects 200 (GraphQL over HTTP §6.4.1).
const wellFormed = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_RESOLUTION_FAILURE',
  'COST_ESTIMATED_TOO_EXPENSIVE',
  'REQUEST_LIMIT_EXCEEDED',
  'PERSISTED_QUERY_NOT_IN_LIST',
  'QUERY_NOT_IN_SAFELIST',
])

function statusOf({ status = 200, headers }: HTTPGraphQLHead, body: string): number {
  if (status !== 400 || !headers.get('content-type')?.startsWith(json)) return status
  const { errors = [] } = JSON.parse(body) as { errors?: { extensions?: { code?: string } }[] }
  return errors.every(({ extensions }) => wellFormed.has(extensions?.code ?? '')) ? 200 : status
}

/** A caller without a valid token: 401, or 503 where that can't be told; and 429. */
export function sendRefusal(request: FastifyRequest, reply: FastifyReply, error: GatewayError): FastifyReply {
  const { message, extensions } = refusal(error)
  const { http, ...shown } = extensions as { http: { status: number; headers: ReadonlyMap<string, string> } }
  reply.headers(Object.fromEntries(http.headers))
  return sendErrors(request, reply, http.status, [{ message, extensions: shown }])
}

/** Of the refusal of a well-formed request, which clients of the older media type expect with 200. */
export function statusFor({ headers: { accept } }: FastifyRequest): number {
  return accept?.includes(graphqlResponse) || accept?.includes('text/event-stream') ? 400 : 200
}

/** Errors of a request that did not get as far as GraphQL, in GraphQL's form. */
export function sendErrors(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  errors: readonly object[],
): FastifyReply {
  const type = request.headers.accept?.includes(graphqlResponse) ? graphqlResponse : json
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(`${type}; charset=utf-8`)
    .send(JSON.stringify({ errors }))
}

/** A subscription that is asked for as a stream is served here too: some gateways know no other URL. */
function wantsStream({ method, headers, body, query }: FastifyRequest): boolean {
  if (!headers.accept?.includes('text/event-stream')) return false
  const asked = method === 'GET' ? query : body
  return typeof asked === 'object' && asked !== null && subscriptionIn(asked) !== undefined
}
