import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  typeFromAST,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type NamedTypeNode,
  type SelectionSetNode,
} from 'graphql'

/** One request's document, as far as it takes to tell which fields are meant. */
export type Meant = {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Readonly<Record<string, unknown>>
  /** How many selections have been looked at. */
  readonly looked: { at: number }
}

/** A document that was made to be hard to look through. */
export class TooMuchToLookThrough extends Error {}

// What a large client sends has some thousands; each is looked at once for each type and way of asking that it stands in.
const mostSelections = 200_000

/** The same field, asked for in several places. */
export type FieldNodes = readonly [FieldNode, ...FieldNode[]]

/**
 * The fields of one object by the names that they have in the answer, as execution collects them (GraphQL, October 2021,
 * §6.3.2).
 */
export function collectFields(
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  { schema, fragments, variables, looked }: Meant,
): ReadonlyMap<string, FieldNodes> {
  const fields = new Map<string, [FieldNode, ...FieldNode[]]>()
  const seen = new Set<string>()

  const applies = (node: NamedTypeNode | undefined) => {
    const condition = node && typeFromAST(schema, node)
    return !node || condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))
  }
  const collect = ({ selections }: SelectionSetNode): void => {
    looked.at += selections.length
    if (looked.at > mostSelections) throw new TooMuchToLookThrough()
    for (const selection of selections) {
      if (!isIncluded(selection, variables)) continue
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        const before = fields.get(name)
        if (before) before.push(selection)
        else fields.set(name, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition)) collect(selection.selectionSet)
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment && applies(fragment.typeCondition)) collect(fragment.selectionSet)
      }
    }
  }
  sets.forEach(collect)
  return fields
}

function isIncluded(node: Parameters<typeof getDirectiveValues>[1], variables: Meant['variables']): boolean {
  if (node.directives?.length === 0) return true
  try {
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
    )
  } catch {
    return true
  }
}
