import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GraphQLFormattedError } from 'graphql'
import type { Response } from 'graphql-sse'
import { createHandler } from 'graphql-sse/lib/use/fastify'
import type { Context } from '../graphql/context.ts'
import type { Subscriptions } from '../graphql/subscriptions.ts'
import { report } from '../telemetry/channels.ts'
import type { BodyLimit } from './body.ts'
import type { Callers } from './callers.ts'
import type { WhenTokenEnds } from './expiry.ts'
import { answerErrors, sendErrors, sendRefusal, turnAway, type CreateContext } from './graphql.ts'
import type { Intake } from './intake.ts'

const eventStream = 'text/event-stream'

/** Serves a request for a stream. */
export type ServeStream = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/**
 * Subscriptions as server-sent events at `/graphql/stream`, in the distinct connections mode of the GraphQL over SSE
 * protocol: POST, or GET for an EventSource. A stream whose token expires is told so and completes; one that ends without
 * `complete`, because this instance stops, is to be asked for again.
 */
export function registerStream(
  app: FastifyInstance,
  {
    subscriptions,
    createContext,
    callers,
    whenTokenEnds,
    intake,
    bodyLimit,
  }: {
    subscriptions: Subscriptions
    createContext: CreateContext
    callers: Callers
    whenTokenEnds: WhenTokenEnds
    intake: Intake
    bodyLimit: BodyLimit
  },
): ServeStream {
  const contexts = new WeakMap<FastifyRequest, Context>()
  const replies = new WeakMap<FastifyRequest, FastifyReply>()
  const open = new Set<FastifyReply>()
  const contextOf = (request: FastifyRequest): Context => {
    const context = contexts.get(request)
    if (context) return context
    throw new TypeError('a stream begins with a context')
  }
  const handler = createHandler<Context & Record<PropertyKey, unknown>>({
    schema: subscriptions.schema,
    authenticate: () => null,
    validate: subscriptions.validate,
    context: ({ raw }) => ({ ...contextOf(raw) }),
    onSubscribe: ({ raw }, request) => {
      const refused = subscriptions.refusalOf(request, contextOf(raw))
      return refused && refusal(refused)
    },
    // The library would take all that comes, however slow the reader is: what waits is to wait, and become one, before it.
    onOperation: (_, { raw }, _args, result) => {
      const reply = replies.get(raw)
      return reply && isIterable(result) ? paced(result, reply.raw) : undefined
    },
    onNext: (context, _, result) => subscriptions.shown(result, context),
  })

  const serve: ServeStream = async (request, reply) => {
    const end = new AbortController()
    // Before anything is waited for: a client may leave meanwhile, and a connection closes but once.
    reply.raw.once('close', () => {
      end.abort()
      open.delete(reply)
    })
    const context = await createContext(request.raw, end.signal)
    if (end.signal.aborted) return reply
    if (context.unauthenticated) return sendRefusal(request, reply, context.unauthenticated)
    if (!request.headers.accept?.includes(eventStream))
      return sendErrors(request, reply, 406, [{ message: `ask for it with Accept: ${eventStream}` }])
    // The handler compares the whole header.
    request.headers.accept = eventStream
    if (request.method === 'POST' && (typeof request.body !== 'object' || request.body === null))
      return sendErrors(request, reply, 400, [{ message: 'expected a JSON object with a query' }])
    contexts.set(request, context)
    replies.set(request, reply)
    whenTokenEnds(context.principal, end.signal, (why) => {
      if (endBeforeHead(reply, 401, why)) return
      const last = JSON.stringify({ errors: [why] })
      reply.raw.end(`event: next\ndata: ${last}\n\nevent: complete\ndata: \n\n`)
    })
    open.add(reply)
    try {
      await handler(request, reply)
    } catch (error) {
      // A write to a client that has gone: nobody's mistake, and nobody is there to be told.
      if (reply.raw.socket?.destroyed ?? true) return reply
      if (!reply.raw.headersSent) throw error
      // Too late for an answer: the client sees its stream end without `complete`, and may try again.
      report('error.unexpected', { error })
      reply.raw.end()
    }
    return reply
  }

  app.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    onRequest: turnAway(callers),
    errorHandler: (error, request, reply) => void answerErrors(bodyLimit)(error, request, reply),
    preHandler: intake,
    handler: serve,
  })
  // A stream has no end of its own that a server which closes could wait for.
  app.addHook('preClose', (done) => {
    for (const reply of open) if (!endBeforeHead(reply, 503, stopping)) reply.raw.end()
    done()
  })
  return serve
}

function refusal(error: GraphQLFormattedError): Response {
  const retryAfterS = error.extensions?.retryAfterS
  const isLimited = typeof retryAfterS === 'number'
  return [
    JSON.stringify({ errors: [error] }),
    {
      status: isLimited ? 429 : 400,
      statusText: isLimited ? 'Too Many Requests' : 'Bad Request',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(isLimited && { 'retry-after': String(retryAfterS) }),
      },
    },
  ]
}

const stopping = { message: 'this instance stops: ask again', extensions: { code: 'SUBSCRIPTION_ENDED' } }

/** A stream that has not begun yet can still be refused like every other request. */
function endBeforeHead({ raw }: FastifyReply, status: number, error: object): boolean {
  if (raw.headersSent) return false
  raw.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  raw.end(JSON.stringify({ errors: [error] }))
  return true
}

function isIterable<T>(result: unknown): result is AsyncIterableIterator<T> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result
}

/** Asks for the next event only once the reader has taken the ones before. */
function paced<T>(events: AsyncIterableIterator<T>, to: ServerResponse): AsyncGenerator<T> {
  const ended = () => events.return?.() ?? Promise.resolve({ done: true as const, value: undefined })
  const generator = {
    next: async () => {
      // What was taken last is on its way to the response only now.
      await turn()
      while (to.writableNeedDrain && !to.destroyed) await Promise.race([once(to, 'drain'), once(to, 'close')])
      return events.next()
    },
    return: ended,
    throw: ended,
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: async () => {
      await ended()
    },
  }
  return generator as AsyncGenerator<T>
}
