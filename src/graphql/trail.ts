import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server'
import type { Context } from './context.ts'
import { codesOf } from './errors.ts'

/** Tells a request's trail what it asked for and what failed; and the caller, who may see it, what it took. */
export const trail: ApolloServerPlugin<Context> = {
  requestDidStart: ({ contextValue: { trail } }) => Promise.resolve(trail && listener),
}

const listener: GraphQLRequestListener<Context> = {
  didResolveOperation: ({ contextValue: { trail }, operation, operationName }) => {
    if (operation) trail?.operation(operation.operation, operationName ?? undefined)
    return Promise.resolve()
  },
  willSendResponse: ({ contextValue: { trail, explanation }, response: { body, http } }) => {
    if (body.kind !== 'single') return Promise.resolve()
    const { errors, extensions } = body.singleResult
    if (errors) trail?.failed(codesOf(errors))
    if (explanation) {
      // Such an answer is its own request's, and is kept nowhere.
      http.headers.set('cache-control', 'no-store')
      body.singleResult.extensions = { ...extensions, explain: explanation.told() }
    }
    return Promise.resolve()
  },
}
