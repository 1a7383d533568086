import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type SelectionNode,
  type ValidationRule,
} from 'graphql'
import type { Context } from './context.ts'
import { takeCost, type CheckCost } from './cost/limit.ts'
import { formatError } from './errors.ts'

/** A subscription as it comes, whatever it comes over. */
export type SubscriptionRequest = {
  readonly query?: unknown
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** What holds for subscriptions over every transport, as it does for queries on `/graphql`. */
export type Subscriptions = {
  readonly schema: GraphQLSchema
  /**
   * Why a request of this caller is not taken, if so; it is paid for where it is. What can't be parsed is let through to where
   * it gets its proper error.
   */
  readonly refusalOf: (request: SubscriptionRequest, context: Context) => GraphQLFormattedError | undefined
  /** What validation finds, with its code; who may not read the schema is not told of it by "Did you mean …?". */
  readonly validate: (
    schema: GraphQLSchema,
    document: DocumentNode,
    rules?: readonly ValidationRule[],
  ) => readonly GraphQLError[]
  /** An event as its subscriber may see it: errors with their codes, and what it lacks told beside it. */
  readonly shown: <R extends Result>(result: R, context: Context) => R
}

type Result = {
  readonly data?: unknown
  readonly errors?: readonly GraphQLError[] | undefined
  readonly extensions?: Record<string, unknown> | undefined
}

/** An event in the form in which it is sent. */
export function formatted({
  data = null,
  errors,
  extensions,
}: Result & { readonly data?: Record<string, unknown> | null | undefined }): FormattedExecutionResult {
  return {
    data,
    ...(errors && { errors: errors.map((error) => error.toJSON()) }),
    ...(extensions && { extensions }),
  }
}

export function createSubscriptions({
  schema,
  introspection,
  checkCost,
}: {
  schema: GraphQLSchema
  introspection: boolean
  checkCost: CheckCost
}): Subscriptions {
  return {
    schema,
    refusalOf: (request, context) => {
      const document = documentIn(request)
      if (!document) return undefined
      const { operationName, variables } = request
      const operation = getOperationAST(document, operationName)
      if (operation?.operation !== OperationTypeNode.SUBSCRIPTION)
        return { message: 'only subscriptions are taken here: send the rest to /graphql over HTTP' }
      if (operation.selectionSet.selections.some(isConditional)) return conditional
      try {
        takeCost(context, checkCost({ document, operation, variables }))
        return undefined
      } catch (error) {
        if (error instanceof GraphQLError) return formatError(error.toJSON(), error)
        throw error
      }
    },
    validate: (...args) => validate(...args).map((error) => invalid(error, introspection)),
    shown: (result, { warnings }) => ({
      ...result,
      ...(result.errors && { errors: result.errors.map(shownError) }),
      // One context serves the whole stream: what is told with this event is not told again.
      ...(warnings.length > 0 && { extensions: { ...result.extensions, warnings: warnings.splice(0) } }),
    }),
  }
}

// GraphQL, September 2025, §5.2.4.1 forbids them there; graphql-js 16 throws for them.
const conditional = {
  message: '@skip and @include may not stand on the root field of a subscription',
  extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
}

function isConditional({ directives = [] }: SelectionNode): boolean {
  return directives.some(({ name }) => name.value === 'skip' || name.value === 'include')
}

/** The document of a request whose operation is a subscription. */
export function subscriptionIn(request: SubscriptionRequest): DocumentNode | undefined {
  const document = documentIn(request)
  const operation = document && getOperationAST(document, request.operationName)
  return operation?.operation === OperationTypeNode.SUBSCRIPTION ? document : undefined
}

function documentIn({ query }: SubscriptionRequest): DocumentNode | undefined {
  if (typeof query !== 'string') return undefined
  try {
    return parse(query)
  } catch (error) {
    if (error instanceof GraphQLError) return undefined
    throw error
  }
}

function invalid(error: GraphQLError, hints: boolean): GraphQLError {
  const { message, nodes = null } = error
  const shown = hints ? message : message.replace(/ ?Did you mean .+\?$/, '')
  return new GraphQLError(shown, { nodes, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })
}

function shownError(error: GraphQLError): GraphQLError {
  const { nodes = null, path = null } = error
  // Without a path it is no field's: graphql-js itself has refused the variables.
  const ownWords = path === null && error.extensions.code === undefined
  const formatted = { ...error.toJSON(), ...(ownWords && { extensions: { code: 'BAD_USER_INPUT' } }) }
  const { message, extensions } = formatError(formatted, error)
  return new GraphQLError(message, { nodes, path, extensions: extensions ?? null })
}
