// Apollo Server with its own REST data source, both over one cache in Redis, on Fastify.
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl'
import { RESTDataSource } from '@apollo/datasource-rest'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { KeyvAdapter } from '@apollo/utils.keyvadapter'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import KeyvRedis from '@keyv/redis'
import Fastify from 'fastify'
import { parse } from 'graphql'
import { Keyv } from 'keyv'
import {
  federation2,
  listPathOf,
  maxAgeS,
  pathOf,
  toTwinning,
  typeDefs,
  type ListBody,
  type OneBody,
} from './model.ts'

const [port, operator = '', redisUrl = ''] = process.argv.slice(2)

class TwinningApi extends RESTDataSource {
  override baseURL = `${operator}/`

  async one(id: string) {
    return toTwinning((await this.get<OneBody>(pathOf(id))).twinning)
  }

  async list(address: string) {
    const { twinningList } = await this.get<ListBody>(listPathOf(address))
    return { nodes: (twinningList.twinning ?? []).map(toTwinning) }
  }
}

type Context = { readonly api: TwinningApi }

const resolvers = {
  Query: {
    twinning: (_: unknown, { id }: { id: string }, { api }: Context) => api.one(id),
    twinningDevice: (_: unknown, { address }: { address: string }) => ({ address }),
  },
  Device: {
    twinnings: ({ address }: { address: string }, _: unknown, { api }: Context) => api.list(address),
  },
  SecondaryTwinning: {
    __resolveReference: ({ id }: { id: string }, { api }: Context) => api.one(id),
  },
}

/** Serves until the process ends. */
export async function serveApollo(plugins: readonly ApolloServerPlugin<Context>[]): Promise<void> {
  const app = Fastify()
  const cache = new KeyvAdapter(new Keyv({ store: new KeyvRedis(redisUrl) }))
  const server = new ApolloServer<Context>({
    schema: buildSubgraphSchema([{ typeDefs: parse(federation2 + typeDefs), resolvers }]),
    cache,
    introspection: true,
    csrfPrevention: false,
    plugins: [
      fastifyApolloDrainPlugin(app),
      ApolloServerPluginCacheControl({ defaultMaxAge: maxAgeS }),
      ...plugins,
    ],
  })
  await server.start()
  await app.register(fastifyApollo(server), {
    context: () => Promise.resolve({ api: new TwinningApi({ cache }) }),
  })
  await app.listen({ port: Number(port), host: '127.0.0.1' })
}
