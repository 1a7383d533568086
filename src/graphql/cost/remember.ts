import type { OperationDefinitionNode } from 'graphql'
import type { Cost, EstimateCost } from './estimate.ts'

// Of one operation: clients that leave out variables leave out the same ones each time.
const most = 20

/**
 * The same estimate, made once where it is the same each time: as documents are kept, and a text among the variables only
 * counts by being there. Lists and input objects are looked at each time.
 */
export function remembering(estimateCost: EstimateCost): EstimateCost {
  const known = new WeakMap<OperationDefinitionNode, Map<string, Cost>>()
  return (asked) => {
    const alike = likenessOf(asked.variables)
    if (alike === undefined) return estimateCost(asked)
    const costs = known.get(asked.operation) ?? new Map<string, Cost>()
    const cost = costs.get(alike) ?? estimateCost(asked)
    if (costs.size < most) known.set(asked.operation, costs.set(alike, cost))
    return cost
  }
}

/** Equal for variables that cost the same; `undefined` where that takes a closer look. */
function likenessOf(variables: Readonly<Record<string, unknown>>): string | undefined {
  let likeness = ''
  for (const name in variables) {
    const value = variables[name]
    if (typeof value === 'object' && value !== null) return undefined
    const kind = typeof value === 'string' ? 'text' : String(value)
    likeness += `${name}=${kind} `
  }
  return likeness
}
