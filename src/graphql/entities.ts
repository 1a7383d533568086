import { isInterfaceType, isObjectType, type GraphQLFieldResolver, type GraphQLResolveInfo } from 'graphql'
import { BadUserInput } from '../errors.ts'
import type { Context } from './context.ts'

type Representation = Readonly<Record<string, unknown>> & { readonly __typename: string }
type ResolveReference = (
  representation: Representation,
  context: Context,
  info: GraphQLResolveInfo,
) => unknown

/**
 * `_entities` (Apollo Federation subgraph specification): each representation is resolved by itself, by the type that it
 * names or by its interface, so that one that is bad costs itself alone. (The resolver of @apollo/subgraph throws for
 * an unknown type, which fails all of them and leaves those under way to reject unheard.)
 */
export const resolveEntities: GraphQLFieldResolver<unknown, Context> = (_, args, context, info) => {
  const { representations } = args as { representations: readonly unknown[] }
  context.caching.expectEntities(info, representations.length)
  return representations.map((one, index) => resolveEntity(one, index, context, info))
}

async function resolveEntity(
  one: unknown,
  index: number,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<object | null> {
  const fault = (what: string) => new BadUserInput(`representations[${index}]: expected ${what}`)
  if (!isRepresentation(one)) throw fault('an object with a __typename')
  const type = info.schema.getType(one.__typename)
  const resolveReference =
    isObjectType(type) || isInterfaceType(type) ? referenceResolver(type.extensions) : undefined
  if (!type || !resolveReference) throw fault('the __typename of an entity of this subgraph')
  const path = { prev: info.path, key: index, typename: undefined }
  const found = await resolveReference(one, context, { ...info, path })
  if (typeof found !== 'object' || found === null) return null
  const name = isInterfaceType(type) ? await type.resolveType?.(found, context, info, type) : type.name
  return { ...found, __typename: name }
}

function isRepresentation(value: unknown): value is Representation {
  return (
    typeof value === 'object' &&
    value !== null &&
    '__typename' in value &&
    typeof value.__typename === 'string'
  )
}

/** Where @apollo/subgraph puts a type's `__resolveReference`. */
function referenceResolver(extensions: { readonly apollo?: unknown }): ResolveReference | undefined {
  const { apollo } = extensions as { apollo?: { subgraph?: { resolveReference?: ResolveReference } } }
  return apollo?.subgraph?.resolveReference
}
