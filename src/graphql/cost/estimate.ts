import {
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isObjectType,
  Kind,
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
import { collectFields, type FieldNodes, type Meant } from './collect.ts'
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

// More places than any sensible document leads to; one that is made to be hard to look through is refused as such.
const maxPlaces = 20_000

/**
 * What an operation may cost, by the `@cost` and `@listSize` of the schema (federation v2.9, after the IBM GraphQL
 * Cost Directive specification): an object weighs 1 and a leaf 0, unless `@cost` says otherwise, and what stands in a
 * list counts as often as the list may be long. Where a request itself says how long a list will be, that counts rather
 * than `assumedSize`: as many twinnings as `ids`, as many entities as `representations`.
 *
 * Fields are merged as in execution, and of several possible types the dearest counts. Infinity for a document that
 * leads to too many places. It need not be valid: what the schema does not know costs nothing.
 */
export type EstimateCost = (operation: Operation) => number

export function createEstimateCost(schema: GraphQLSchema): EstimateCost {
  const weights = readWeights(schema)
  return ({ document, operation, variables }) => {
    const root = schema.getRootType(operation.operation)
    const fragments = new Map(
      document.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d]] : [])),
    )
    return root ? objectCoster({ schema, fragments, variables }, weights)(root, [operation.selectionSet]) : 0
  }
}

function objectCoster(meant: Meant, weights: Weights) {
  const { schema, variables } = meant
  const numbers = new Map<SelectionSetNode, number>()
  const known = new Map<string, number>()

  /** One object. Each place is looked at once, however many ways lead there. */
  function objectCost(type: GraphQLObjectType, sets: readonly SelectionSetNode[], told?: Told): number {
    const place = [type.name, ...sets.map(numberOf), ...[...(told ?? [])].flat()].join('|')
    const before = known.get(place)
    if (before !== undefined) return before
    if (known.size >= maxPlaces) return Infinity
    // For a document that leads back to itself, which validation refuses.
    known.set(place, 0)
    const cost = sum([...collectFields(type, sets, meant).values()], (nodes) => fieldCost(type, nodes, told))
    known.set(place, cost)
    return cost
  }

  function numberOf(set: SelectionSetNode): number {
    const number = numbers.get(set) ?? numbers.size
    numbers.set(set, number)
    return number
  }

  function fieldCost(parent: GraphQLObjectType, nodes: FieldNodes, told: Told | undefined): number {
    const field = parent.getFields()[nodes[0].name.value]
    if (!field) return 0
    const args = argumentsOf(field, nodes[0], variables)
    const listSize = weights.listSizeOf(field)
    const size = listSize && lengthOf(listSize, args)
    const tell = new Map((listSize?.sizedFields ?? []).map((name) => [name, size ?? 1]))
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const weight = weights.weightOf(field)
    const one = (type: GraphQLNamedType | undefined) =>
      (weight ?? (isCompositeType(type) ? 1 : 0)) +
      Math.max(0, ...objectsOf(type).map((object) => objectCost(object, sets, tell)))

    const inputs = sum(field.args, (argument) => inputCost(argument, args[argument.name]))
    if (field.name === '_entities' && Array.isArray(args.representations))
      return inputs + sum(args.representations, (value) => one(schema.getType(typenameOf(value))))
    const isList = isListType(getNullableType(field.type))
    return inputs + (isList ? (told?.get(field.name) ?? size ?? 1) : 1) * one(getNamedType(field.type))
  }

  function objectsOf(type: GraphQLNamedType | undefined): readonly GraphQLObjectType[] {
    if (isAbstractType(type)) return schema.getPossibleTypes(type)
    return isObjectType(type) ? [type] : []
  }

  /** `@cost` on an argument counts once for each member of a list. */
  function inputCost(input: GraphQLArgument | GraphQLInputField, value: unknown): number {
    if (value === undefined || value === null) return 0
    if (Array.isArray(value)) return sum(value, (member: unknown) => inputCost(input, member))
    const type = getNamedType(input.type)
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : []
    return (weights.weightOf(input) ?? 0) + sum(fields, (f) => inputCost(f, (value as Arguments)[f.name]))
  }

  return objectCost
}

function sum<T>(values: readonly T[], valueOf: (value: T) => number): number {
  return values.reduce((total, value) => total + valueOf(value), 0)
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
