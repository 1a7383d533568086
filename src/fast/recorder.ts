import type { ApolloServerPlugin } from '@apollo/server'
import type { DocumentNode } from 'graphql'
import type { Context } from '../graphql/context.ts'
import type { Result } from '../graphql/finish.ts'
import type { Entities } from './entities.ts'
import { shapeOf, type EntitiesShape } from './plan.ts'
import { representationsIn, type Body } from './representations.ts'

/** Takes the entities out of answers to `_entities`. */
export type EntityRecorder = {
  readonly plugin: ApolloServerPlugin<Context>
  /** The same, of what was not executed by Apollo Server: whether its entities are kept one by one. */
  readonly record: (context: Context, executed: Recordable) => boolean
  /** Whether this request's entities are kept one by one. */
  readonly hasRecorded: (context: Context) => boolean
}

type Recordable = { readonly document: DocumentNode; readonly request: Body; readonly result: Result }

export function createEntityRecorder(entities: Entities): EntityRecorder {
  const shapes = new WeakMap<DocumentNode, { readonly shape: EntitiesShape | undefined }>()
  // By what every copy that is made of a context has in common.
  const recorded = new WeakSet<Context['entities']>()

  function shapeOnce(document: DocumentNode): EntitiesShape | undefined {
    const known = shapes.get(document) ?? { shape: shapeOf(document) }
    shapes.set(document, known)
    return known.shape
  }

  function record(context: Context, { document, request, result }: Recordable): boolean {
    const { entities: found, caching } = context
    if (result.errors || found.size === 0 || caching.basis().freshUntil <= Date.now()) return false
    const shape = shapeOnce(document)
    const representations = shape && representationsIn(request, shape)
    if (!representations) return false
    const { data, extensions } = result
    entities.learn(request.query, {
      shape,
      document,
      representations,
      found,
      values: (data?.[shape.responseKey] ?? []) as readonly unknown[],
      tags: extensions?.apolloEntityCacheTags as readonly unknown[] | undefined,
    })
    recorded.add(found)
    return true
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
  return { plugin, record, hasRecorded: (context) => recorded.has(context.entities) }
}
