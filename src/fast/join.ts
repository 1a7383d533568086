import type { Hit, HeadersOf } from './asked.ts'
import type { Wanted } from './entities.ts'
import type { Filled } from './fill.ts'

/** An answer of entities, as execution would have put it together (see `finish` in src/graphql/finish.ts). */
export function joinEntities(
  { plan, cost }: Wanted,
  { texts, freshUntil, memory, redis, errors }: Filled,
  headers: HeadersOf,
  now: number,
): Hit {
  const counted = { kind: 'entities' as const, freshUntil, cost: cost.cost, isPaid: false, memory, redis }
  const json = texts.map((text) => text.json).join(',')
  const data = `"data":{${JSON.stringify(plan.shape.responseKey)}:[${json}]}`
  if (errors.length > 0 || freshUntil <= now) {
    const failures = errors.length > 0 ? `"errors":${JSON.stringify(errors)},` : ''
    return { ...counted, body: `{${failures}${data}}`, headers: headers.plain, cacheControl: 'no-store' }
  }
  const tags = texts[0]?.tags === undefined ? '' : texts.map((text) => text.tags).join(',')
  const extensions = tags === '' ? '' : `,"extensions":{"apolloEntityCacheTags":[${tags}]}`
  return { ...counted, body: `{${data}${extensions}}`, headers: headers.kept }
}
