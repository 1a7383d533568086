import { buildSubgraphSchema } from '@apollo/subgraph'
import type { GraphQLSchema } from 'graphql'
import { enforceAuthorization } from './authorization.ts'
import { resolvers } from './resolvers/index.ts'
import { readSchema, sdlOf, type SdlTarget } from './sdl.ts'

/** The executable subgraph. `sdlTarget`: what it tells composers through `_service { sdl }`. */
export function createSchema(sdlTarget: SdlTarget): GraphQLSchema {
  const typeDefs = readSchema()
  const schema = enforceAuthorization(buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]))
  const service = schema.getQueryType()?.getFields()._service
  if (!service) throw new TypeError('a subgraph schema has a field _service')
  const sdl = sdlOf(typeDefs, sdlTarget)
  service.resolve = () => ({ sdl })
  return schema
}
