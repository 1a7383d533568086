import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { GraphQLSchema } from 'graphql'
import { admission } from './admission.ts'
import { automaticDocuments, type AutomaticDocuments } from './automatic.ts'
import type { Context } from './context.ts'
import { limitCost, type CheckCost } from './cost/limit.ts'
import { createDocumentStore } from './documents.ts'
import { formatError } from './errors.ts'
import { finishing } from './finish.ts'
import { trail } from './trail.ts'

/** Apollo Server over the schema, started; nothing in it listens to the environment or to signals. */
export async function createGraphqlServer({
  schema,
  introspection,
  checkCost,
  automatic,
  plugins = [],
}: {
  schema: GraphQLSchema
  introspection: boolean
  checkCost: CheckCost
  automatic: AutomaticDocuments
  /** To see each answer as it is sent. */
  plugins?: readonly ApolloServerPlugin<Context>[]
}): Promise<ApolloServer<Context>> {
  const server = new ApolloServer<Context>({
    schema,
    introspection,
    formatError,
    // Who may not read the schema is not told of it by "Did you mean …?" either.
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: automatic.max > 0 && { cache: automaticDocuments(automatic) },
    documentStore: createDocumentStore(),
    // An Authorization header can't come from a simple cross-site request.
    csrfPrevention: {
      requestHeaders: ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'],
    },
    logger: silent,
    stringifyResult: (value) => JSON.stringify(value),
    plugins: [
      admission,
      limitCost(checkCost),
      finishing,
      ...plugins,
      // After what says how long an answer may be kept.
      trail,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
  await server.start()
  return server
}

// What goes wrong is reported by formatError.
const nothing = () => undefined
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }
