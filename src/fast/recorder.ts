import type { ApolloServerPlugin } from '@apollo/server'
import type { DocumentNode } from 'graphql'
import type { Context } from '../graphql/context.ts'
import type { Result } from '../graphql/finish.ts'
import { shapeOf, type EntitiesShape } from './plan.ts'
import type { Plans } from './plans.ts'
import { representationsIn, type Body } from './representations.ts'

/** Learns from answers by which queries entities are asked for. */
export type EntityRecorder = {
  readonly plugin: ApolloServerPlugin<Context>
  /** The same, of what was not executed by Apollo Server: whether its entities are at hand one by one. */
  readonly record: (context: Context, executed: Recordable) => boolean
  /** Whether this request's entities are at hand one by one. */
  readonly hasRecorded: (context: Context) => boolean
}

type Recordable = { readonly document: DocumentNode; readonly request: Body; readonly result: Result }

export function createEntityRecorder(plans: Plans): EntityRecorder {
  const shapes = new WeakMap<DocumentNode, { readonly shape: EntitiesShape | undefined }>()
  // By what every copy that is made of a context has in common.
  const recorded = new WeakSet<Context['caching']>()

  function shapeOnce(document: DocumentNode): EntitiesShape | undefined {
    const known = shapes.get(document) ?? { shape: shapeOf(document) }
    shapes.set(document, known)
    return known.shape
  }

  function record(context: Context, { document, request, result }: Recordable): boolean {
    if (result.errors || context.caching.basis().freshUntil <= Date.now()) return false
    const shape = shapeOnce(document)
    if (!shape || !representationsIn(request, shape)) return false
    // Where none was found there is nothing to be at hand but the answer.
    const values = result.data?.[shape.responseKey] as readonly unknown[]
    const isRecorded = values.some((value) => value !== null) && plans.make(request.query, shape, document)
    if (isRecorded) recorded.add(context.caching)
    return isRecorded
  }

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: ({ contextValue, document, request, response: { body } }) => {
          const { query = '', variables, operationName } = request
          if (body.kind === 'single' && document)
            record(contextValue, {
              document,
              request: { query, variables, operationName },
              result: body.singleResult,
            })
          return Promise.resolve()
        },
      }),
  }
  return { plugin, record, hasRecorded: (context) => recorded.has(context.caching) }
}
