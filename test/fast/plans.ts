import assert from 'node:assert/strict'
import { parse } from 'graphql'
import { createSealer } from '../../src/domain/ids.ts'
import { shapeOf } from '../../src/fast/plan.ts'
import { createPlans } from '../../src/fast/plans.ts'
import { createEstimateCost } from '../../src/graphql/cost/estimate.ts'
import { createSchema } from '../../src/graphql/schema.ts'

export const entitiesQuery =
  'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { name } } }'

/** Plans that know that query. */
export function planned() {
  const schema = createSchema('full')
  const plans = createPlans({
    schema,
    sealer: createSealer([Buffer.alloc(32)]),
    estimateCost: createEstimateCost(schema),
    tags: false,
    onKept: () => undefined,
  })
  const document = parse(entitiesQuery)
  const shape = shapeOf(document)
  assert.ok(shape && plans.make(entitiesQuery, shape, document))
  return { schema, plans }
}
