import type { ApolloServerPlugin } from '@apollo/server'
import type { DocumentNode } from 'graphql'
import type { Context } from '../graphql/context.ts'
import type { Entities } from './entities.ts'
import { shapeOf, type EntitiesShape } from './plan.ts'
import { representationsIn } from './representations.ts'

/** Takes the entities out of answers to `_entities`. */
export type EntityRecorder = {
  readonly plugin: ApolloServerPlugin<Context>
  /** Whether this request's entities are kept one by one. */
  readonly hasRecorded: (context: Context) => boolean
}

export function createEntityRecorder(entities: Entities): EntityRecorder {
  const shapes = new WeakMap<DocumentNode, { readonly shape: EntitiesShape | undefined }>()
  // By what every copy that is made of a context has in common.
  const recorded = new WeakSet<Context['entities']>()

  function shapeOnce(document: DocumentNode): EntitiesShape | undefined {
    const known = shapes.get(document) ?? { shape: shapeOf(document) }
    shapes.set(document, known)
    return known.shape
  }

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: ({ contextValue, document, request, response: { body } }) => {
          const { entities: found, caching } = contextValue
          const isWhole = body.kind === 'single' && !body.singleResult.errors
          if (!isWhole || found.size === 0 || caching.basis().freshUntil <= Date.now())
            return Promise.resolve()
          const shape = document && shapeOnce(document)
          const { query = '', variables, operationName } = request
          const representations = shape && representationsIn({ query, variables, operationName }, shape)
          if (!representations) return Promise.resolve()
          const { data, extensions } = body.singleResult
          entities.learn(query, {
            shape,
            document,
            representations,
            found,
            values: (data?.[shape.responseKey] ?? []) as readonly unknown[],
            tags: extensions?.apolloEntityCacheTags as readonly unknown[] | undefined,
          })
          recorded.add(found)
          return Promise.resolve()
        },
      }),
  }
  return { plugin, hasRecorded: (context) => recorded.has(context.entities) }
}
