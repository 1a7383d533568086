import type { Hit, HeadersOf } from './asked.ts'
import type { Wanted } from './entities.ts'
import type { Filled } from './fill.ts'
import type { Text } from './texts.ts'

/** An answer of entities, as execution would have put it together (see `finish` in src/graphql/finish.ts). */
export function joinEntities(
  { plan, cost }: Wanted,
  { texts, freshUntil, memory, redis, errors }: Filled,
  headers: HeadersOf,
  now: number,
): Hit {
  const counted = { kind: 'entities' as const, freshUntil, cost: cost.cost, isPaid: false, memory, redis }
  const { entities, tags, bytes } = listsOf(texts)
  const data = `"data":{${JSON.stringify(plan.shape.responseKey)}:[`
  if (errors.length > 0 || freshUntil <= now) {
    const failures = errors.length > 0 ? `"errors":${JSON.stringify(errors)},` : ''
    const body = `{${failures}${data}${entities}]}}`
    return { ...counted, body, headers: headers.plain, cacheControl: 'no-store' }
  }
  const between = tags === '' ? ']}' : ']},"extensions":{"apolloEntityCacheTags":['
  const after = tags === '' ? '}' : ']}}'
  return {
    ...counted,
    body: `{${data}${entities}${between}${tags}${after}`,
    bytes: 1 + Buffer.byteLength(data) + bytes + between.length + after.length,
    headers: headers.kept,
  }
}

/** One text after the other, and the same of their tags. `bytes`: of both, so that they need not be read again for that. */
function listsOf(texts: readonly Text[]): { entities: string; tags: string; bytes: number } {
  let entities = ''
  let tags = ''
  let bytes = 0
  let comma = ''
  for (const text of texts) {
    entities += comma + text.json
    bytes += text.bytes + comma.length
    if (text.tags !== undefined) {
      tags += comma + text.tags
      bytes += comma.length
    }
    comma = ','
  }
  return { entities, tags, bytes }
}
