import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql'
import type { RequestParams } from 'graphql-sse'
import { createHandler } from 'graphql-sse/lib/use/fastify'
import type { Context } from '../graphql/context.ts'
import type { CheckCost } from '../graphql/cost/limit.ts'
import { formatError } from '../graphql/errors.ts'
import { report } from '../telemetry/channels.ts'
import { sendErrors, sendRefusal, type CreateContext } from './graphql.ts'

const eventStream = 'text/event-stream'
// The longest that a timer of Node can wait.
const longestMs = 2 ** 31 - 1

/**
 * Subscriptions as server-sent events at `/graphql/stream`, in the distinct connections mode of the GraphQL over SSE
 * protocol: POST, or GET for an EventSource. A stream ends when its client goes or its token expires.
 */
export function registerStream(
  app: FastifyInstance,
  {
    schema,
    createContext,
    introspection,
    checkCost,
  }: {
    schema: GraphQLSchema
    createContext: CreateContext
    introspection: boolean
    checkCost: CheckCost
  },
): void {
  const contexts = new WeakMap<FastifyRequest, Context>()
  const open = new Set<FastifyReply>()
  const handler = createHandler<Context & Record<PropertyKey, unknown>>({
    schema,
    authenticate: () => null,
    // As on `/graphql`: who may not read the schema is not told of it by "Did you mean …?" either.
    validate: (...args) => validate(...args).map((error) => invalid(error, introspection)),
    context: ({ raw }) => {
      const context = contexts.get(raw)
      if (!context) throw new TypeError('a stream begins with a context')
      return { ...context }
    },
    onSubscribe: (_, request) => {
      const refused = refusalOf(request, checkCost)
      if (!refused) return undefined
      const init = {
        status: 400,
        statusText: 'Bad Request',
        headers: { 'content-type': 'application/json; charset=utf-8' },
      }
      return [JSON.stringify({ errors: [refused] }), init]
    },
    onNext: ({ warnings }, _, result) => ({
      ...result,
      ...(result.errors && { errors: result.errors.map((error) => masked(error)) }),
      // One context serves the whole stream: what is told with this event is not told again.
      ...(warnings.length > 0 && { extensions: { ...result.extensions, warnings: warnings.splice(0) } }),
    }),
  })

  app.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    handler: async (request, reply) => {
      const end = new AbortController()
      let expiry: NodeJS.Timeout | undefined
      // Before anything is waited for: a client may leave meanwhile, and a connection closes but once.
      reply.raw.once('close', () => {
        end.abort()
        open.delete(reply)
        clearTimeout(expiry)
      })
      const context = await createContext(request.headers.authorization, end.signal)
      if (end.signal.aborted) return reply
      if (context.unauthenticated) return sendRefusal(request, reply, context.unauthenticated)
      if (!request.headers.accept?.includes(eventStream))
        return sendErrors(request, reply, 406, [{ message: `ask for it with Accept: ${eventStream}` }])
      // The handler compares the whole header.
      request.headers.accept = eventStream
      contexts.set(request, context)
      const { expiresAt } = context.principal
      if (expiresAt !== undefined)
        expiry = setTimeout(() => reply.raw.end(), Math.min(expiresAt - Date.now(), longestMs))
      open.add(reply)
      try {
        await handler(request, reply)
      } catch (error) {
        if (!reply.raw.headersSent) throw error
        // Too late for an answer: the client sees its stream end without `complete`, and may try again.
        report('error.unexpected', { error })
        reply.raw.end()
      }
      return reply
    },
  })
  // A stream has no end of its own that a server which closes could wait for.
  app.addHook('preClose', (done) => {
    for (const reply of open) reply.raw.end()
    done()
  })
}

/** Why a request is not taken, if so. What can't be parsed is let through to where it gets its proper error. */
function refusalOf(
  { query, operationName, variables = {} }: RequestParams,
  checkCost: CheckCost,
): GraphQLFormattedError | undefined {
  const document = typeof query === 'string' ? parsed(query) : undefined
  if (!document) return undefined
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION)
    return { message: 'this endpoint takes subscriptions: send the rest to /graphql' }
  try {
    checkCost({ document, operation, variables })
    return undefined
  } catch (error) {
    if (error instanceof GraphQLError) return formatError(error.toJSON(), error)
    throw error
  }
}

function parsed(query: string): DocumentNode | undefined {
  try {
    return parse(query)
  } catch (error) {
    if (error instanceof GraphQLError) return undefined
    throw error
  }
}

/** What validation found, with its code as on `/graphql`. */
function invalid(error: GraphQLError, hints: boolean): GraphQLError {
  const { message, nodes = null } = error
  const shown = hints ? message : message.replace(/ ?Did you mean .+\?$/, '')
  return new GraphQLError(shown, { nodes, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })
}

function masked(error: GraphQLError): GraphQLError {
  const { nodes = null, path = null } = error
  // Without a path it is no field's: graphql-js itself has refused the variables.
  const ownWords = path === null && error.extensions.code === undefined
  const formatted = { ...error.toJSON(), ...(ownWords && { extensions: { code: 'BAD_USER_INPUT' } }) }
  const { message, extensions } = formatError(formatted, error)
  return new GraphQLError(message, { nodes, path, extensions: extensions ?? null })
}
