import type { DocumentNode, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Sealer } from '../domain/ids.ts'
import { tagsOfTwinning } from '../graphql/caching.ts'
import type { Cost, EstimateCost } from '../graphql/cost/estimate.ts'
import { typeOf } from '../graphql/resolvers/twinning.ts'
import { operationOf, type EntitiesShape } from './plan.ts'
import { compileRender } from './render.ts'
import { entityTypes, type EntityType } from './representations.ts'
import { createTexts, type Texts } from './texts.ts'

/** A query of that shape that has been answered before. */
export type Plan = {
  readonly shape: EntitiesShape
  readonly document: DocumentNode
  /** Of the query without a representation, and of one more of a type. */
  readonly base: Cost
  readonly costs: Readonly<Record<EntityType, Cost>>
  readonly texts: Texts
}

/** Plans by their queries, as they were sent. */
export type Plans = {
  readonly isEmpty: () => boolean
  readonly get: (query: string) => Plan | undefined
  /** Makes a plan of a query, where there is none yet; whether there is one now. */
  readonly make: (query: string, shape: EntitiesShape, document: DocumentNode) => boolean
}

// A router asks by few documents, each again and again.
const maxPlans = 200
const longestQuery = 8 * 1024

/** `tags`: whether answers carry them. `onKept` is told about how many bytes each text takes. */
export function createPlans({
  schema,
  sealer,
  estimateCost,
  tags,
  onKept,
}: {
  schema: GraphQLSchema
  sealer: Sealer
  estimateCost: EstimateCost
  tags: boolean
  onKept: (bytes: number) => void
}): Plans {
  const plans = new LRUCache<string, Plan>({ max: maxPlans })

  function textsFor({ selected }: EntitiesShape, document: DocumentNode): Texts {
    const render = compileRender({ schema, document, selected, sealer })
    return createTexts(
      (visible) => ({
        type: typeOf(visible),
        json: render(visible),
        tags: tags ? JSON.stringify(tagsOfTwinning(visible, sealer)) : undefined,
      }),
      onKept,
    )
  }

  /** Throws for what takes execution. */
  function planOf(shape: EntitiesShape, document: DocumentNode): Plan {
    const operation = operationOf(document)
    const costOf = (representations: readonly object[]) =>
      operation
        ? estimateCost({ document, operation, variables: { [shape.variable]: representations } })
        : { cost: 0, leaves: 0 }
    const base = costOf([])
    const oneMore = (__typename: EntityType) => {
      const { cost, leaves } = costOf([{ __typename }])
      return [__typename, { cost: cost - base.cost, leaves: leaves - base.leaves }] as const
    }
    const costs = Object.fromEntries(entityTypes.map(oneMore)) as Record<EntityType, Cost>
    return { shape, document, base, costs, texts: textsFor(shape, document) }
  }

  return {
    isEmpty: () => plans.size === 0,
    get: (query) => plans.get(query),
    make: (query, shape, document) => {
      if (plans.has(query)) return true
      if (query.length > longestQuery) return false
      try {
        plans.set(query, planOf(shape, document))
        return true
      } catch {
        return false
      }
    },
  }
}
