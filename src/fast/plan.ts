import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf } from '../graphql/fragments.ts'

/** What a request for `_entities` must have, for each of them to be answered by itself. */
export type EntitiesShape = {
  /** The field's name in the answer. */
  readonly responseKey: string
  /** The variable that holds the representations; there is no other. */
  readonly variable: string
  readonly operationName: string | undefined
  /** What is to be told of each. */
  readonly selected: SelectionSetNode
}

// Of a twinning, what depends on nothing but itself and on how its caller sees it; and what of that has fields.
const plain = new Set(['__typename', 'id', 'role', 'name', 'twinningStatus', 'ownAddress', 'resourceURL'])
const plainObjects = new Map([['otherDevice', new Set(['__typename', 'address', 'name'])]])

/** The shape of a valid document; `undefined` where an entity's answer may depend on more than the entity. */
export function shapeOf(document: DocumentNode): EntitiesShape | undefined {
  const fragments = fragmentsOf(document)
  const operation = operationOf(document)
  if (operation?.operation !== OperationTypeNode.QUERY) return undefined
  const [field] = operation.selectionSet.selections
  const variable = onlyVariable(operation)
  if (operation.selectionSet.selections.length > 1 || field?.kind !== Kind.FIELD || !variable)
    return undefined
  if (operation.directives?.length || !takes(field, variable) || !field.selectionSet) return undefined
  if (!isPlain(field.selectionSet, fragments, plain)) return undefined
  return {
    responseKey: (field.alias ?? field.name).value,
    variable,
    operationName: operation.name?.value,
    selected: field.selectionSet,
  }
}

/** The one operation of a document. */
export function operationOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  const [operation, another] = definitions.filter((d) => d.kind === Kind.OPERATION_DEFINITION)
  return another ? undefined : operation
}

function onlyVariable({ variableDefinitions = [] }: OperationDefinitionNode): string | undefined {
  const [definition, another] = variableDefinitions
  return definition && !another && !definition.directives?.length ? definition.variable.name.value : undefined
}

function takes({ name, arguments: given = [], directives }: FieldNode, variable: string): boolean {
  const [argument] = given
  if (name.value !== '_entities' || directives?.length || argument?.value.kind !== Kind.VARIABLE) return false
  return argument.value.name.value === variable
}

function isPlain(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  fields: ReadonlySet<string>,
): boolean {
  return selections.every((selection) => {
    if (selection.directives?.length) return false
    switch (selection.kind) {
      case Kind.FIELD: {
        const inside = plainObjects.get(selection.name.value)
        if (!selection.selectionSet) return fields.has(selection.name.value)
        return fields === plain && inside !== undefined && isPlain(selection.selectionSet, fragments, inside)
      }
      case Kind.INLINE_FRAGMENT:
        return isPlain(selection.selectionSet, fragments, fields)
      case Kind.FRAGMENT_SPREAD: {
        const fragment = fragments.get(selection.name.value)
        return fragment !== undefined && isPlain(fragment.selectionSet, fragments, fields)
      }
    }
  })
}
