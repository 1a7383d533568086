import type { ApolloServerPlugin } from '@apollo/server'
import type { DocumentNode } from 'graphql'
import type { Context } from '../graphql/context.ts'
import { shapeOf, type EntitiesShape } from './plan.ts'
import type { Plans } from './plans.ts'
import { representationsIn } from './representations.ts'

/** Learns from answers by which queries entities are asked for. */
export type EntityRecorder = {
  readonly plugin: ApolloServerPlugin<Context>
  /** Whether this request's entities are at hand one by one. */
  readonly hasRecorded: (context: Context) => boolean
}

export function createEntityRecorder(plans: Plans): EntityRecorder {
  const shapes = new WeakMap<DocumentNode, { readonly shape: EntitiesShape | undefined }>()
  // By what every copy that is made of a context has in common.
  const recorded = new WeakSet<Context['caching']>()

  function shapeOnce(document: DocumentNode): EntitiesShape | undefined {
    const known = shapes.get(document) ?? { shape: shapeOf(document) }
    shapes.set(document, known)
    return known.shape
  }

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: ({ contextValue, document, request, response: { body } }) => {
          const { caching } = contextValue
          const isWhole = body.kind === 'single' && !body.singleResult.errors
          if (!isWhole || caching.basis().freshUntil <= Date.now()) return Promise.resolve()
          const shape = document && shapeOnce(document)
          const { query = '', variables, operationName } = request
          if (!shape || !representationsIn({ query, variables, operationName }, shape))
            return Promise.resolve()
          // Where none was found there is nothing to be at hand but the answer.
          const values = body.singleResult.data?.[shape.responseKey] as readonly unknown[]
          if (values.some((value) => value !== null) && plans.make(query, shape, document))
            recorded.add(caching)
          return Promise.resolve()
        },
      }),
  }
  return { plugin, hasRecorded: (context) => recorded.has(context.caching) }
}
