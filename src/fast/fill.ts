import { execute, type GraphQLSchema } from 'graphql'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import type { Means } from './asked.ts'
import type { Entities, Looked, Wanted } from './entities.ts'
import type { Text } from './texts.ts'

/** All texts of a query, and which tier had how many of the entities; what was executed has told of that itself. */
export type Filled = {
  readonly texts: readonly Text[]
  readonly freshUntil: number
  readonly memory: number
  readonly redis: number
}

/** Where all was at hand in memory. */
export function filled({ texts, missing, freshUntil }: Looked): Filled | undefined {
  if (missing.length > 0) return undefined
  return { texts: texts as readonly Text[], freshUntil, memory: texts.length, redis: 0 }
}

type Parts = {
  readonly schema: GraphQLSchema
  readonly cache: Cache<Found>
  readonly entities: Entities
  readonly isHeard: () => boolean
}

/**
 * Fills in what is missing: what memory lacks is brought there from Redis, all of it at once, and what is missing even then
 * is executed. `undefined` where anything about that is out of the ordinary (an error, a warning, something that may not
 * be kept): then the whole of it is to be executed as if nothing had been at hand.
 */
export async function fillIn(
  wanted: Wanted,
  first: Looked,
  means: Means,
  { schema, cache, entities, isHeard }: Parts,
): Promise<Filled | undefined> {
  const reading = first.lacking.size > 0 ? means.trail?.reading('twinning') : undefined
  if (first.lacking.size > 0) await cache.recall([...first.lacking.values()], reading)
  if (!isHeard()) return undefined
  // All of it again: what was at hand before may have been evicted meanwhile.
  const looked = entities.look(wanted, Date.now())
  const found = looked.texts.length - looked.missing.length
  const memory = Math.min(first.texts.length - first.missing.length, found)
  const redis = found - memory
  reading?.found('redis', redis)
  const counted = { memory, redis }
  if (looked.missing.length === 0) return { ...looked, texts: looked.texts as readonly Text[], ...counted }
  const rest = await executeFor(wanted, looked.missing, means, schema)
  return (
    rest && {
      texts: joined(looked, rest.texts),
      freshUntil: Math.min(looked.freshUntil, rest.freshUntil),
      ...counted,
    }
  )
}

/** Executes a query for the representations at these positions alone. */
async function executeFor(
  { plan: { shape, document }, representations }: Wanted,
  positions: readonly number[],
  { createContext }: Means,
  schema: GraphQLSchema,
): Promise<{ readonly texts: readonly Text[]; readonly freshUntil: number } | undefined> {
  const context = createContext()
  const { data, errors } = await execute({
    schema,
    document,
    contextValue: context,
    variableValues: { [shape.variable]: positions.map((index) => representations[index]) },
  })
  const { freshUntil } = context.caching.basis()
  if (errors || !data || context.warnings.length > 0 || freshUntil <= Date.now()) return undefined
  const values = data[shape.responseKey] as readonly unknown[]
  const tags = context.caching.extensions().apolloEntityCacheTags as readonly unknown[] | undefined
  return {
    texts: values.map((value, n) => ({ json: JSON.stringify(value), tags: tags && JSON.stringify(tags[n]) })),
    freshUntil,
  }
}

function joined({ texts, missing }: Looked, rest: readonly Text[]): readonly Text[] {
  const all = [...texts]
  for (const [n, index] of missing.entries()) all[index] = rest[n]
  return all.filter((text) => text !== undefined)
}
