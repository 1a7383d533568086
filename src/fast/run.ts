import { execute, getVariableValues, type GraphQLError, type GraphQLSchema } from 'graphql'
import type { Context } from '../graphql/context.ts'
import type { EstimateCost } from '../graphql/cost/estimate.ts'
import { refusalOf, type CostLimit } from '../graphql/cost/limit.ts'
import { codesOf, formatError } from '../graphql/errors.ts'
import { finish, type Result } from '../graphql/finish.ts'
import type { Admit } from '../graphql/intake.ts'
import { longestList } from '../graphql/limits/measure.ts'
import type { KnownDocument, KnownDocuments } from './known.ts'
import { parsePlainRequest, type PlainRequest } from './request.ts'

/** A request whose document is known, and which nothing is in the way of. */
export type Runnable = KnownDocument & {
  readonly request: PlainRequest
  /** What it is estimated to cost. */
  readonly cost: number
}

/** What came of it. `cacheControl`: where it may be kept by somebody. */
export type Ran = {
  readonly result: Result
  readonly body: string
  readonly cacheControl: string | undefined
}

export type Run = {
  /** `undefined` where Apollo Server has something to refuse, or to find out. Nothing is done for it yet. */
  readonly look: (body: Buffer) => Runnable | undefined
  /** Executes it for a caller who has paid; rejects with nothing that execution does not. */
  readonly run: (runnable: Runnable, context: Context) => Promise<Ran>
}

/**
 * Executes queries whose documents are known, without the HTTP framework and Apollo Server, which take longer than all the
 * rest. What they do with such a request is done here as well, by the same functions where they are ours.
 */
export function createRun({
  schema,
  known,
  estimateCost,
  costLimit,
  longest,
  admit,
}: {
  schema: GraphQLSchema
  known: KnownDocuments
  estimateCost: EstimateCost
  costLimit: CostLimit
  /** List among a request's variables. */
  longest: number
  admit: Admit
}): Run {
  return {
    look: (body) => {
      const request = parsePlainRequest(body.toString('utf8'))
      const found = request && known.find(request.query)
      if (!found || !names(request, found)) return undefined
      if (longestList(request.variables) > longest) return undefined
      const { operation } = found
      const { coerced } = getVariableValues(
        schema,
        operation.variableDefinitions ?? [],
        request.variables ?? {},
      )
      const cost = coerced && estimateCost({ ...found, variables: coerced })
      if (!cost || refusalOf(cost, costLimit.max)) return undefined
      return { ...found, request, cost: cost.cost }
    },
    run: async ({ request, document, operation, cost }, context) => {
      // Refuses nothing any more, and counts what is only counted.
      admit(request)
      context.budget.estimate(cost)
      context.trail?.operation(operation.operation, operation.name?.value)
      const { data = null, errors = [] } = await execute({
        schema,
        document,
        contextValue: context,
        variableValues: request.variables,
        operationName: request.operationName,
      })
      const made: Result = { data, ...(errors.length > 0 && { errors: errors.map(shown) }) }
      const { result, cacheControl } = finish(made, errors, context, operation.operation)
      if (result.errors) context.trail?.failed(codesOf(result.errors))
      return { result, body: printed(result), cacheControl }
    },
  }
}

/** In the order of Apollo Server. */
function printed({ errors, data, extensions }: Result): string {
  return JSON.stringify({ errors, data, extensions })
}

function shown(error: GraphQLError) {
  return formatError(error.toJSON(), error)
}

function names({ operationName }: PlainRequest, { operation }: KnownDocument): boolean {
  return operationName === undefined || operationName === operation.name?.value
}
