import { execute, type GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import type { Cache } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import { formatError } from '../graphql/errors.ts'
import type { Means } from './asked.ts'
import type { Entities, Looked, Wanted } from './entities.ts'
import type { Nowhere, Place } from './places.ts'
import type { Representation } from './representations.ts'
import { textOf, type Text } from './texts.ts'

/** All texts of a query, and which tier had how many of the entities; what was executed has told of that itself. */
export type Filled = {
  readonly texts: readonly Text[]
  readonly freshUntil: number
  readonly memory: number
  readonly redis: number
  /** Of what was executed, as clients see them, at the positions of the whole. */
  readonly errors: readonly GraphQLFormattedError[]
}

/** Where all was at hand in memory. */
export function filled({ texts, missing, freshUntil }: Looked): Filled | undefined {
  if (missing.length > 0) return undefined
  return { texts: texts as readonly Text[], freshUntil, memory: texts.length, redis: 0, errors: [] }
}

type Parts = {
  readonly schema: GraphQLSchema
  readonly cache: Cache<Found>
  readonly entities: Entities
  readonly isHeard: () => boolean
}

/**
 * Fills in what is missing: what memory lacks is brought there from Redis, all of it at once, and what is missing even then
 * is executed. `undefined` where nothing is at hand any more: then nothing was executed.
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
  const counted = { memory, redis, errors: [] }
  if (looked.missing.length === 0) return { ...looked, texts: looked.texts as readonly Text[], ...counted }
  const { texts, freshUntil, errors } = await executeFor(wanted, looked.missing, means, schema)
  return {
    ...counted,
    texts: joined(looked, texts),
    freshUntil: knownUntil(looked.freshUntil, freshUntil),
    errors,
  }
}

/** Executes a query for the representations at these positions alone. */
async function executeFor(
  { plan: { shape, document }, places }: Wanted,
  positions: readonly number[],
  { createContext }: Means,
  schema: GraphQLSchema,
): Promise<Pick<Filled, 'texts' | 'freshUntil' | 'errors'>> {
  const context = createContext()
  const { data, errors = [] } = await execute({
    schema,
    document,
    contextValue: context,
    variableValues: { [shape.variable]: positions.flatMap((index) => representationOf(places[index])) },
  })
  const { tags: read, freshUntil } = context.caching.basis()
  const values = (data?.[shape.responseKey] ?? unusual(errors)) as readonly unknown[]
  const tags = context.caching.extensions().apolloEntityCacheTags as readonly unknown[] | undefined
  return {
    texts: values.map((value, n) => textOf(JSON.stringify(value), tags && JSON.stringify(tags[n]))),
    // What leads nowhere is read of nobody, and stays so.
    freshUntil: read.size > 0 ? freshUntil : Infinity,
    errors: errors.map((error) => formatError({ ...error.toJSON(), ...pathIn(error, positions) }, error)),
  }
}

function representationOf(place: Place | Nowhere | undefined): readonly Representation[] {
  return place ? [{ __typename: place.type, id: place.id }] : []
}

/** Where nothing was read for any of it, nothing is known, and it is not fresh. */
function knownUntil(...times: readonly number[]): number {
  const until = Math.min(...times)
  return until === Infinity ? 0 : until
}

/** Where an error stands in the whole answer. */
function pathIn(
  { path = [] }: GraphQLError,
  positions: readonly number[],
): Pick<GraphQLFormattedError, 'path'> {
  const [field, index, ...rest] = path
  if (field === undefined || index === undefined) return {}
  return { path: [field, positions[Number(index)] ?? index, ...rest] }
}

/** Of entities, each of which may be null, nothing is null as a whole. */
function unusual(errors: readonly GraphQLError[]): never {
  throw new AggregateError(errors, 'entities were not executed')
}

function joined({ texts, missing }: Looked, rest: readonly Text[]): readonly Text[] {
  const all = [...texts]
  for (const [n, index] of missing.entries()) all[index] = rest[n]
  return all.filter((text) => text !== undefined)
}
