import type { FastifyInstance, FastifyRequest } from 'fastify'
import { getOperationAST, GraphQLError, OperationTypeNode, parse, type GraphQLSchema } from 'graphql'
import { createHandler } from 'graphql-sse/lib/use/fastify'
import type { Context } from '../graphql/context.ts'
import { formatError } from '../graphql/errors.ts'
import { goneSignal, sendErrors, sendRefusal, type CreateContext } from './graphql.ts'

// The longest that a timer of Node can wait.
const longestMs = 2 ** 31 - 1

/**
 * Subscriptions as server-sent events at `/graphql/stream`, in the distinct connections mode of the GraphQL over SSE
 * protocol: POST, or GET for an EventSource. A stream ends when its client goes or its token expires.
 */
export function registerStream(
  app: FastifyInstance,
  { schema, createContext }: { schema: GraphQLSchema; createContext: CreateContext },
): void {
  const contexts = new WeakMap<FastifyRequest, Context>()
  const handler = createHandler<Context & Record<PropertyKey, unknown>>({
    schema,
    authenticate: () => null,
    context: ({ raw }) => {
      const context = contexts.get(raw)
      if (!context) throw new TypeError('a stream begins with a context')
      return { ...context }
    },
    onSubscribe: (_, { query, operationName }) => {
      if (isSubscription(query, operationName ?? undefined)) return undefined
      const body = JSON.stringify({
        errors: [{ message: 'this endpoint takes subscriptions: send the rest to /graphql' }],
      })
      return [
        body,
        {
          status: 400,
          statusText: 'Bad Request',
          headers: { 'content-type': 'application/json; charset=utf-8' },
        },
      ]
    },
    onNext: (_, __, result) => ({
      ...result,
      ...(result.errors && { errors: result.errors.map((error) => masked(error)) }),
    }),
  })

  app.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    handler: async (request, reply) => {
      const context = await createContext(request.headers.authorization, goneSignal(reply))
      if (context.unauthenticated) return sendRefusal(request, reply, context.unauthenticated)
      if (!request.headers.accept?.includes('text/event-stream'))
        return sendErrors(request, reply, 406, [{ message: 'ask for it with Accept: text/event-stream' }])
      contexts.set(request, context)
      const { expiresAt } = context.principal
      const expiry =
        expiresAt === undefined
          ? undefined
          : setTimeout(() => reply.raw.end(), Math.min(expiresAt - Date.now(), longestMs))
      reply.raw.once('close', () => clearTimeout(expiry))
      await handler(request, reply)
      return reply
    },
  })
}

/** What can't be parsed is let through to where it gets its proper error. */
function isSubscription(query: unknown, operationName: string | undefined): boolean {
  if (typeof query !== 'string') return true
  try {
    return getOperationAST(parse(query), operationName)?.operation === OperationTypeNode.SUBSCRIPTION
  } catch (error) {
    if (error instanceof GraphQLError) return true
    throw error
  }
}

function masked(error: GraphQLError): GraphQLError {
  const { message, extensions } = formatError(error.toJSON(), error)
  const { nodes = null, path = null } = error
  return new GraphQLError(message, { nodes, path, extensions: extensions ?? null })
}
