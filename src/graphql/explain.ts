import type { ApolloServerPlugin } from '@apollo/server'
import type { Context } from './context.ts'

/** What it took, in `extensions.explain`, for whoever may see it. Such an answer is its own request's, and is kept nowhere. */
export const explain: ApolloServerPlugin<Context> = {
  requestDidStart: ({ contextValue: { explanation } }) =>
    Promise.resolve(
      explanation && {
        willSendResponse: ({ response: { body, http } }) => {
          http.headers.set('cache-control', 'no-store')
          if (body.kind === 'single')
            body.singleResult.extensions = {
              ...body.singleResult.extensions,
              explain: explanation.told(),
            }
          return Promise.resolve()
        },
      },
    ),
}
