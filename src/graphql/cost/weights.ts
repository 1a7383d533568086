import {
  isInputObjectType,
  isObjectType,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type GraphQLSchema,
} from 'graphql'

/** What the schema says of the cost of its fields, arguments and input fields. */
export type Weights = {
  /** `@cost(weight:)`; `undefined` where there is none. */
  readonly weightOf: (element: Directed) => number | undefined
  readonly listSizeOf: (element: Directed) => ListSize | undefined
}

/** `@listSize`, as far as it matters here. `sizedFields`: what the page of a connection says of its lists. */
export type ListSize = {
  readonly assumedSize?: number
  readonly slicingArguments?: readonly string[]
  readonly sizedFields?: readonly string[]
}

/** A field, an argument or an input field. */
export type Directed = {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] } | null | undefined
}

/** Reads `@cost` and `@listSize` (federation v2.9) off a schema, once. */
export function readWeights(schema: GraphQLSchema): Weights {
  const weights = new Map<Directed, number>()
  const sizes = new Map<Directed, ListSize>()

  const read = (element: Directed) => {
    const weight = argumentsOf(element, 'cost')?.weight
    if (typeof weight === 'number') weights.set(element, weight)
    const size = argumentsOf(element, 'listSize')
    if (size) sizes.set(element, size)
  }

  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type))
      for (const field of Object.values(type.getFields())) [field, ...field.args].forEach(read)
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach(read)
  }
  return { weightOf: (element) => weights.get(element), listSizeOf: (element) => sizes.get(element) }
}

function argumentsOf({ astNode }: Directed, name: string): Record<string, unknown> | undefined {
  const directive = astNode?.directives?.find((d) => d.name.value.replace(/^federation__/, '') === name)
  const pairs = directive?.arguments?.map(
    ({ name, value }) => [name.value, valueFromASTUntyped(value)] as const,
  )
  return pairs && Object.fromEntries(pairs)
}
