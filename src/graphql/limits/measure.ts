import {
  GraphQLError,
  Kind,
  Lexer,
  Source,
  TokenKind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** What a document has of the things that a document alone can have too much of. */
export type Measures = {
  /** Of its operations the deepest: fields within fields, fragments followed. */
  readonly depth: number
  /** Of its operations the widest: fields at the root as they are written, in each fragment once. */
  readonly rootFields: number
  readonly aliases: number
  readonly directives: number
}

/** The tokens of a text; `undefined` from so many on. What is no GraphQL is counted as far as it is. */
export function countTokens(text: string, upTo: number): number | undefined {
  const lexer = new Lexer(new Source(text))
  let count = 0
  try {
    while (lexer.advance().kind !== TokenKind.EOF) if (++count >= upTo) return undefined
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
  }
  return count
}

/** Looks at each fragment once. The document need not be valid. */
export function measure(document: DocumentNode): Measures {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const depths = new Map<SelectionSetNode, number>()
  let aliases = 0
  let directives = 0

  const insideOf = (selection: SelectionNode) =>
    selection.kind === Kind.FRAGMENT_SPREAD
      ? fragments.get(selection.name.value)?.selectionSet
      : selection.selectionSet

  function depthOf(set: SelectionSetNode): number {
    const known = depths.get(set)
    if (known !== undefined) return known
    // What leads back to itself is refused by validation.
    depths.set(set, 0)
    let depth = 0
    for (const selection of set.selections) {
      const inside = insideOf(selection)
      const isField = selection.kind === Kind.FIELD
      directives += selection.directives?.length ?? 0
      if (isField && selection.alias) aliases += 1
      depth = Math.max(depth, (inside ? depthOf(inside) : 0) + (isField ? 1 : 0))
    }
    depths.set(set, depth)
    return depth
  }

  /** As execution collects them: each fragment once. */
  function widthOf(set: SelectionSetNode, seen = new Set<SelectionSetNode>()): number {
    if (seen.has(set)) return 0
    seen.add(set)
    let width = 0
    for (const selection of set.selections) {
      const inside = insideOf(selection)
      if (selection.kind === Kind.FIELD) width += 1
      else if (inside) width += widthOf(inside, seen)
    }
    return width
  }

  let [depth, rootFields] = [0, 0]
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION)
      continue
    const ownDepth = depthOf(definition.selectionSet)
    directives += definition.directives?.length ?? 0
    if (definition.kind === Kind.FRAGMENT_DEFINITION) continue
    for (const variable of definition.variableDefinitions ?? [])
      directives += variable.directives?.length ?? 0
    depth = Math.max(depth, ownDepth)
    rootFields = Math.max(rootFields, widthOf(definition.selectionSet))
  }
  return { depth, rootFields, aliases, directives }
}

/** The length of the longest list, however deep it stands. */
export function longestList(value: unknown): number {
  let longest = 0
  // No recursion: JSON may be as deep as its text is long.
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) longest = Math.max(longest, next.length)
    for (const member of Object.values(next)) if (typeof member === 'object') waiting.push(member)
  }
  return longest
}
