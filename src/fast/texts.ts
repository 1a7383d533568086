import type { DocumentNode } from 'graphql'
import type { Twinning } from '../domain/twinning.ts'
import type { Cost } from '../graphql/cost/estimate.ts'
import type { Sight } from '../twinnings/visible.ts'
import type { EntitiesShape } from './plan.ts'

/** What an entity is in an answer, and its tags, where answers have any: both JSON. */
export type Text = { readonly json: string; readonly tags: string | undefined }

/** A query of that shape that has been answered before, and the entities that it was answered with. */
export type Plan = {
  readonly shape: EntitiesShape
  readonly document: DocumentNode
  /** Of the query without a representation, and of one more of a type. */
  readonly base: Cost
  readonly costs: Readonly<Record<EntityType, Cost>>
  readonly texts: Readonly<Record<EntityType, Readonly<Record<Sight, WeakMap<Twinning, Text>>>>>
}

export const entityTypes = ['Twinning', 'PrimaryTwinning', 'SecondaryTwinning'] as const
export type EntityType = (typeof entityTypes)[number]

export function isEntityType(name: unknown): name is EntityType {
  return entityTypes.includes(name as EntityType)
}

/** `costOf`: of the query with one representation of a type, or with none. */
export function createPlan(
  shape: EntitiesShape,
  document: DocumentNode,
  costOf: (typename: EntityType | undefined) => Cost,
): Plan {
  const base = costOf(undefined)
  const perType = <T>(make: (type: EntityType) => T) =>
    Object.fromEntries(entityTypes.map((type) => [type, make(type)])) as Record<EntityType, T>
  return {
    shape,
    document,
    base,
    costs: perType((type) => {
      const { cost, leaves } = costOf(type)
      return { cost: cost - base.cost, leaves: leaves - base.leaves }
    }),
    texts: perType(() => ({ full: new WeakMap(), masked: new WeakMap() })),
  }
}
