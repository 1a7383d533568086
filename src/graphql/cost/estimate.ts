import {
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isObjectType,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf } from '../fragments.ts'
import { collectFields, TooMuchToLookThrough, type FieldNodes, type Meant } from './collect.ts'
import { remembering } from './remember.ts'
import { readWeights, type ListSize, type Weights } from './weights.ts'

type Arguments = Readonly<Record<string, unknown>>

/** Lengths that a field above has told of its fields' lists (`sizedFields`). */
type Told = ReadonlyMap<string, number>

/** Something to be executed: `variables` are coerced already. */
export type Operation = {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
}

/** What an operation may cost, and how many leaves its answer may have: those weigh nothing, but take room. */
export type Cost = { readonly cost: number; readonly leaves: number }

/** Larger than any limit, and small enough to be reckoned with: more than that is all the same. */
export const mostCost = 1e15
const free: Cost = { cost: 0, leaves: 0 }

/**
 * What an operation may cost, by the `@cost` and `@listSize` of the schema (federation v2.9, after the IBM GraphQL
 * Cost Directive specification): an object weighs 1 and a leaf 0, unless `@cost` says otherwise, and what stands in a
 * list counts as often as the list may be long. Where a request itself says how long a list will be, that counts rather
 * than `assumedSize`: as many twinnings as `ids`, as many entities as `representations`.
 *
 * Fields are merged as in execution, and of several possible types the dearest counts. A document that is too much to
 * look through costs the most there is. It need not be valid: what the schema does not know costs nothing.
 */
export type EstimateCost = (operation: Operation) => Cost

export function createEstimateCost(schema: GraphQLSchema): EstimateCost {
  const weights = readWeights(schema)
  return remembering(({ document, operation, variables }) => {
    const root = schema.getRootType(operation.operation)
    const fragments = fragmentsOf(document)
    const meant = { schema, fragments, variables, looked: { at: 0 } }
    try {
      return root ? objectCoster(meant, weights)(root, [operation.selectionSet]) : free
    } catch (error) {
      if (error instanceof TooMuchToLookThrough) return { cost: mostCost, leaves: mostCost }
      throw error
    }
  })
}

function objectCoster(meant: Meant, weights: Weights) {
  const { schema, variables } = meant
  const numbers = new Map<SelectionSetNode, number>()
  const known = new Map<string, Cost>()

  /** One object. Each place is looked at once, however many ways lead there. */
  function objectCost(type: GraphQLObjectType, sets: readonly SelectionSetNode[], told?: Told): Cost {
    const place = [type.name, ...sets.map(numberOf), ...[...(told ?? [])].flat()].join('|')
    const before = known.get(place)
    if (before !== undefined) return before
    // For a document that leads back to itself, which validation refuses.
    known.set(place, free)
    const cost = sum([...collectFields(type, sets, meant).values()], (nodes) => fieldCost(type, nodes, told))
    known.set(place, cost)
    return cost
  }

  function numberOf(set: SelectionSetNode): number {
    const number = numbers.get(set) ?? numbers.size
    numbers.set(set, number)
    return number
  }

  function fieldCost(parent: GraphQLObjectType, nodes: FieldNodes, told: Told | undefined): Cost {
    const field = parent.getFields()[nodes[0].name.value]
    if (!field) return free
    const args = argumentsOf(field, nodes[0], variables)
    const listSize = weights.listSizeOf(field)
    const size = listSize && lengthOf(listSize, args)
    const tell = new Map((listSize?.sizedFields ?? []).map((name) => [name, size ?? 1]))
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const one = (type: GraphQLNamedType | undefined): Cost => {
      if (!isCompositeType(type)) return { cost: weights.weightOf(field) ?? 0, leaves: 1 }
      const inside = objectsOf(type).map((object) => objectCost(object, sets, tell))
      return plus(dearest(inside), { cost: weights.weightOf(field) ?? 1, leaves: 0 })
    }

    const inputs = sum(field.args, (argument) => inputCost(argument, args[argument.name]))
    if (field.name === '_entities' && Array.isArray(args.representations)) {
      // One that names no type of ours costs as well: it is answered with an error.
      const entity = (value: unknown) => {
        const type = schema.getType(typenameOf(value))
        return isCompositeType(type) ? one(type) : { cost: 1, leaves: 1 }
      }
      return plus(inputs, sum(args.representations, entity))
    }
    const isList = isListType(getNullableType(field.type))
    const count = isList ? (told?.get(field.name) ?? size ?? 1) : 1
    return plus(inputs, times(count, one(getNamedType(field.type))))
  }

  function objectsOf(type: GraphQLNamedType): readonly GraphQLObjectType[] {
    if (isAbstractType(type)) return schema.getPossibleTypes(type)
    return isObjectType(type) ? [type] : []
  }

  /** `@cost` on an argument counts once for each member of a list. */
  function inputCost(input: GraphQLArgument | GraphQLInputField, value: unknown): Cost {
    if (value === undefined || value === null) return free
    if (Array.isArray(value)) return sum(value, (member: unknown) => inputCost(input, member))
    const type = getNamedType(input.type)
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : []
    const inside = sum(fields, (field) => inputCost(field, (value as Arguments)[field.name]))
    return plus(inside, { cost: weights.weightOf(input) ?? 0, leaves: 0 })
  }

  return objectCost
}

function plus(one: Cost, other: Cost): Cost {
  return {
    cost: Math.min(one.cost + other.cost, mostCost),
    leaves: Math.min(one.leaves + other.leaves, mostCost),
  }
}

function times(count: number, { cost, leaves }: Cost): Cost {
  return { cost: Math.min(count * cost, mostCost), leaves: Math.min(count * leaves, mostCost) }
}

function dearest(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (one, other) => ({
      cost: Math.max(one.cost, other.cost),
      leaves: Math.max(one.leaves, other.leaves),
    }),
    free,
  )
}

function sum<T>(values: readonly T[], costOf: (value: T) => Cost): Cost {
  return values.reduce((total, value) => plus(total, costOf(value)), free)
}

/** Arguments that can't be read are refused later, with a better word for it. */
function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Meant['variables'],
): Arguments {
  try {
    return getArgumentValues(field, node, variables)
  } catch {
    return {}
  }
}

/** How long a list may be; `undefined` where nothing tells. */
function lengthOf({ slicingArguments = [], assumedSize }: ListSize, args: Arguments): number | undefined {
  const slices = slicingArguments.map((name) => args[name]).filter((value) => typeof value === 'number')
  if (slices.length > 0) return Math.max(...slices, 0)
  const given = Object.values(args).find((value) => Array.isArray(value))
  return given ? Math.min(given.length, assumedSize ?? Infinity) : assumedSize
}

function typenameOf(representation: unknown): string {
  const { __typename: name } = (representation ?? {}) as { readonly __typename?: unknown }
  return typeof name === 'string' ? name : ''
}
