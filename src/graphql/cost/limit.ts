import type { ApolloServerPlugin } from '@apollo/server'
import { getVariableValues, type GraphQLSchema } from 'graphql'
import { GatewayError, TooExpensive } from '../../errors.ts'
import { report } from '../../telemetry/channels.ts'
import { refusal } from '../admission.ts'
import type { Context } from '../context.ts'
import { toGraphQLError } from '../errors.ts'
import { mostCost, type Cost, type EstimateCost, type Operation } from './estimate.ts'

/** Setting: what an operation may cost, and whether one that costs more is refused or only measured. */
export type CostLimit = { readonly max: number; readonly mode: 'enforce' | 'measure' }

/** Answers the estimate; throws a GraphQLError with code COST_ESTIMATED_TOO_EXPENSIVE. `variables` as the client sent them. */
export type CheckCost = (
  operation: Omit<Operation, 'variables'> & {
    readonly variables: Readonly<Record<string, unknown>> | null | undefined
  },
) => number

// A leaf weighs nothing, for routers that count as well; but an answer of nothing else must end somewhere.
export const leavesForOne = 10

/** Estimates each operation before it is executed, reports it, and refuses it where the limit says so. */
export function createCheckCost(
  schema: GraphQLSchema,
  estimateCost: EstimateCost,
  { max, mode }: CostLimit,
): CheckCost {
  return ({ document, operation, variables }) => {
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {})
    // Execution is about to refuse these variables, and says why.
    if (!coerced) return 0
    const estimated = estimateCost({ document, operation, variables: coerced })
    const refusal = refusalOf(estimated, max)
    report('operation.cost', { estimated: estimated.cost, result: refusal ? 'too_expensive' : 'ok' })
    if (refusal && mode === 'enforce') throw toGraphQLError(refusal, 400)
    return estimated.cost
  }
}

/** What to say of an operation that costs more than it may. */
export function refusalOf({ cost, leaves }: Cost, max: number): TooExpensive | undefined {
  const known = (estimated: number) => (estimated < mostCost ? estimated : undefined)
  if (cost > max) return new TooExpensive('cost', known(cost), max)
  const maxLeaves = max * leavesForOne
  return leaves > maxLeaves ? new TooExpensive('leaves', known(leaves), maxLeaves) : undefined
}

/** From what the caller may still ask for; throws a GraphQLError with code RATE_LIMITED. */
export function takeCost({ spend }: Context, cost: number): void {
  try {
    spend(cost)
  } catch (error) {
    throw error instanceof GatewayError ? refusal(error) : error
  }
}

/** The check, for Apollo Server. */
export function limitCost(check: CheckCost): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ document, operation, request: { variables }, contextValue }) => {
          if (!operation) return Promise.resolve()
          const cost = check({ document, operation, variables })
          contextValue.budget.estimate(cost)
          takeCost(contextValue, cost)
          return Promise.resolve()
        },
      }),
  }
}
