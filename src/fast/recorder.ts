import type { ApolloServerPlugin } from '@apollo/server'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { Context } from '../graphql/context.ts'
import { createEstimateCost } from '../graphql/cost/estimate.ts'
import type { VisibleTwinning } from '../twinnings/visible.ts'
import type { Entities } from './entities.ts'
import { shapeOf, type EntitiesShape } from './plan.ts'

/** Takes the entities out of answers to `_entities`. */
export type EntityRecorder = {
  readonly plugin: ApolloServerPlugin<Context>
  /** Whether this request's entities are kept one by one. */
  readonly hasRecorded: (context: Context) => boolean
}

export function createEntityRecorder({
  schema,
  entities,
}: {
  schema: GraphQLSchema
  entities: Entities
}): EntityRecorder {
  const estimateCost = createEstimateCost(schema)
  const shapes = new WeakMap<DocumentNode, { readonly shape: EntitiesShape | undefined }>()
  const recorded = new WeakSet<Context>()

  function shapeOnce(document: DocumentNode): EntitiesShape | undefined {
    const known = shapes.get(document) ?? { shape: shapeOf(document) }
    shapes.set(document, known)
    return known.shape
  }

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: ({ contextValue, document, operation, request, response: { body } }) => {
          if (contextValue.entities.size === 0 || body.kind !== 'single' || body.singleResult.errors)
            return Promise.resolve()
          const shape = document && shapeOnce(document)
          if (!shape || !operation || request.query === undefined) return Promise.resolve()
          const { data, extensions } = body.singleResult
          const found = (data as Record<string, readonly unknown[]>)[shape.responseKey] ?? []
          const tags = (extensions?.apolloEntityCacheTags ?? []) as readonly unknown[]
          const representations = (request.variables?.[shape.variable] ?? []) as readonly {
            readonly __typename: string
          }[]
          entities.keep(request.query, {
            shape,
            costOf: (typename) => {
              const variables = {
                [shape.variable]: typename === undefined ? [] : [{ __typename: typename }],
              }
              return estimateCost({ document, operation, variables }).cost
            },
            entities: representations.flatMap(({ __typename: typename }, index) => {
              const visible = contextValue.entities.get(index)
              if (!visible || !isTwinning(visible)) return []
              const json = JSON.stringify(found[index])
              return [{ typename, visible, json, tags: JSON.stringify(tags[index]) }]
            }),
          })
          recorded.add(contextValue)
          return Promise.resolve()
        },
      }),
  }
  return { plugin, hasRecorded: (context) => recorded.has(context) }
}

/** And no Device. */
function isTwinning(found: object): found is VisibleTwinning {
  return 'twinning' in found
}
