// Mercurius as its documents have it for speed: just-in-time compilation, and mercurius-cache over Redis with keys of its
// own for each resolver.
import { mercuriusFederationPlugin } from '@mercuriusjs/federation'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import mercuriusCache from 'mercurius-cache'
import { Pool } from 'undici'
import { listPathOf, maxAgeS, pathOf, toTwinning, typeDefs, type ListBody, type OneBody } from './model.ts'

const [port, operator = '', redisUrl = ''] = process.argv.slice(2)
const pool = new Pool(operator, { connections: 128 })

async function read(path: string): Promise<unknown> {
  const { body } = await pool.request({ method: 'GET', path: `/${path}` })
  return body.json()
}

async function one(id: string) {
  return toTwinning(((await read(pathOf(id))) as OneBody).twinning)
}

async function list(address: string) {
  const { twinningList } = (await read(listPathOf(address))) as ListBody
  return { nodes: (twinningList.twinning ?? []).map(toTwinning) }
}

const app = Fastify()
await app.register(mercuriusFederationPlugin, {
  schema: typeDefs,
  resolvers: {
    Query: {
      twinning: (_: unknown, { id }: { id: string }) => one(id),
      twinningDevice: (_: unknown, { address }: { address: string }) => ({ address }),
    },
    Device: { twinnings: ({ address }: { address: string }) => list(address) },
    SecondaryTwinning: { __resolveReference: ({ id }: { id: string }) => one(id) },
  },
  jit: 1,
})
await app.register(mercuriusCache, {
  ttl: maxAgeS,
  storage: { type: 'redis', options: { client: new Redis(redisUrl) } },
  policy: {
    Query: { twinning: { key: ({ arg }: { arg: { id: string } }) => arg.id } },
    Device: { twinnings: { key: ({ self }: { self: { address: string } }) => self.address } },
    SecondaryTwinning: { __resolveReference: { key: ({ self }: { self: { id: string } }) => self.id } },
  },
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
