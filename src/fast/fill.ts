import { execute, type GraphQLSchema } from 'graphql'
import type { Context } from '../graphql/context.ts'
import type { Entities, Looked } from './entities.ts'
import type { Text } from './texts.ts'

/** All texts of a query, some of them made for it. */
export type Filled = { readonly texts: readonly Text[]; readonly freshUntil: number }

/**
 * Executes a query for those representations alone that are not at hand, and keeps what comes of it. `undefined` where
 * anything about that is out of the ordinary (an error, a warning, something that may not be kept): then the whole of it is
 * to be executed as if nothing had been at hand.
 */
export async function fillIn(
  { query, plan, representations, texts, missing, freshUntil }: Looked,
  { schema, context, entities }: { schema: GraphQLSchema; context: Context; entities: Entities },
): Promise<Filled | undefined> {
  const wanted = missing.flatMap((index) => representations[index] ?? [])
  const { data, errors } = await execute({
    schema,
    document: plan.document,
    contextValue: context,
    variableValues: { [plan.shape.variable]: wanted },
  })
  const basis = context.caching.basis()
  if (errors || !data || context.warnings.length > 0 || basis.freshUntil <= Date.now()) return undefined
  const made = entities.learn(query, {
    shape: plan.shape,
    document: plan.document,
    representations: wanted,
    found: context.entities,
    values: (data[plan.shape.responseKey] ?? []) as readonly unknown[],
    tags: context.caching.extensions().apolloEntityCacheTags as readonly unknown[] | undefined,
  })
  const all = [...texts]
  for (const [n, index] of missing.entries()) all[index] = made[n]
  return {
    texts: all.filter((text) => text !== undefined),
    freshUntil: Math.min(freshUntil, basis.freshUntil),
  }
}
