// What a change of the schema does to those who use it: clients, and the graphs that it is composed into.
import { buildSubgraphSchema } from '@apollo/subgraph'
import { CriticalityLevel, diff, type Change } from '@graphql-inspector/core'
import { parse } from 'graphql'

/** One change that breaks somebody: where, such as `Query.twinning`, and how. */
export type BreakingChange = { readonly path: string; readonly message: string }

// Without these a type leaves a graph or a contract; with more of those, a caller loses what it had.
const keeping = /\.@(?:key|shareable|tag|interfaceObject)(?:\.|$)|@listSize\.requireOneSlicingArgument$/
const restricting = /\.@(?:authenticated|requiresScopes|policy|inaccessible)(?:\.|$)|@key\.resolvable$/

/**
 * Compares two SDLs of the subgraph. Beside what breaks GraphQL clients: what takes an entity or a tag away, and any
 * change of who may read what.
 */
export async function findBreakingChanges(released: string, current: string): Promise<BreakingChange[]> {
  const [before, now] = [released, current].map((sdl) => buildSubgraphSchema(parse(sdl)))
  if (!before || !now) throw new TypeError('two schemas are compared')
  const found = new Map<string, BreakingChange>()
  for (const change of await diff(before, now)) {
    // A directive is one thing, however many of its arguments change.
    const path = (change.path ?? '').replace(/^\./, '').replace(/(@\w+)\..*$/, '$1')
    if (isBreaking(change) && !found.has(path)) found.set(path, { path, message: change.message })
  }
  return [...found.values()]
}

function isBreaking({ criticality: { level }, path = '', ...change }: Change): boolean {
  const type = String(change.type)
  if (level === CriticalityLevel.Breaking) return true
  if (!type.startsWith('DIRECTIVE_USAGE')) return false
  return restricting.test(path) || (keeping.test(path) && type.endsWith('_REMOVED'))
}

/** Those that the newest section of the changelog does not name: each path has to stand there as code. */
export function findUnnamed(changes: readonly BreakingChange[], changelog: string): BreakingChange[] {
  const newest = /^## .*?(?=^## |(?![\s\S]))/ms.exec(changelog)?.[0] ?? ''
  return changes.filter(({ path }) => !newest.includes(`\`${path}\``))
}
