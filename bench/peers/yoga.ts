// Yoga with the response cache of Envelop, kept in Redis.
import { createServer } from 'node:http'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { createRedisCache } from '@envelop/response-cache-redis'
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { parse } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { Redis } from 'ioredis'
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

// It brings types of an older major version.
const redis = new Redis(redisUrl) as unknown as Parameters<typeof createRedisCache>[0]['redis']

async function read(path: string): Promise<unknown> {
  return (await fetch(`${operator}/${path}`)).json()
}

async function one(id: string) {
  return toTwinning(((await read(pathOf(id))) as OneBody).twinning)
}

async function list(address: string) {
  const { twinningList } = (await read(listPathOf(address))) as ListBody
  return { nodes: (twinningList.twinning ?? []).map(toTwinning) }
}

const yoga = createYoga({
  schema: buildSubgraphSchema([
    {
      typeDefs: parse(federation2 + typeDefs),
      resolvers: {
        Query: {
          twinning: (_: unknown, { id }: { id: string }) => one(id),
          twinningDevice: (_: unknown, { address }: { address: string }) => ({ address }),
        },
        Device: { twinnings: ({ address }: { address: string }) => list(address) },
        SecondaryTwinning: { __resolveReference: ({ id }: { id: string }) => one(id) },
      },
    },
  ]),
  plugins: [
    useResponseCache({
      session: () => null,
      ttl: maxAgeS * 1000,
      cache: createRedisCache({ redis }),
    }),
  ],
  graphiql: false,
  logging: false,
})
createServer((request, response) => void yoga(request, response)).listen(Number(port), '127.0.0.1')
