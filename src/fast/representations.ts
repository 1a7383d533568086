import type { EntitiesShape } from './plan.ts'

export const entityTypes = ['Twinning', 'PrimaryTwinning', 'SecondaryTwinning'] as const
export type EntityType = (typeof entityTypes)[number]

/** A reference to a twinning, with nothing else in it: what else there may be is looked at by others. */
export type Representation = { readonly __typename: EntityType; readonly id: string }

/** A request's body, as far as it is read here. */
export type Body = {
  readonly query: string
  readonly variables?: unknown
  readonly operationName?: unknown
  readonly extensions?: unknown
}

/** `undefined` for what is no JSON, or names no query. */
export function parseBody(text: string): Body | undefined {
  try {
    const body = JSON.parse(text) as { readonly query?: unknown } | null
    return typeof body?.query === 'string' ? (body as Body) : undefined
  } catch {
    return undefined
  }
}

/** The representations of a query, where nothing but them was given, and all of them are references to twinnings. */
export function representationsIn(
  { variables, operationName, extensions, ...rest }: Body,
  { variable, operationName: expected }: EntitiesShape,
): readonly Representation[] | undefined {
  if (extensions !== undefined || Object.keys(rest).length > 1) return undefined
  if (operationName !== undefined && operationName !== null && operationName !== expected) return undefined
  if (typeof variables !== 'object' || variables === null) return undefined
  const [given, another] = Object.entries(variables) as [string, unknown][]
  if (given?.[0] !== variable || another || !Array.isArray(given[1]) || given[1].length === 0)
    return undefined
  return given[1].every(isRepresentation) ? given[1] : undefined
}

function isRepresentation(one: unknown): one is Representation {
  if (typeof one !== 'object' || one === null) return false
  const { __typename: typename, id } = one as { readonly __typename?: unknown; readonly id?: unknown }
  return typeof id === 'string' && entityTypes.includes(typename as EntityType) && hasTwoKeys(one)
}

function hasTwoKeys(one: object): boolean {
  let count = 0
  // Without the list that Object.keys makes: of a hundred representations that is noticed.
  for (const key in one) count += key === '' ? 2 : 1
  return count === 2
}
