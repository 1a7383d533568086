import { buildSubgraphSchema } from '@apollo/subgraph'
import type { GraphQLSchema } from 'graphql'
import { enforceAuthorization } from './authorization.ts'
import { resolveEntities } from './entities.ts'
import { resolvers } from './resolvers/index.ts'
import { readSchema, sdlOf, type SdlTarget } from './sdl.ts'

/** The executable subgraph. `sdlTarget`: what it tells composers through `_service { sdl }`. */
export function createSchema(sdlTarget: SdlTarget): GraphQLSchema {
  const typeDefs = readSchema()
  const schema = enforceAuthorization(buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]))
  const { _service, _entities } = schema.getQueryType()?.getFields() ?? {}
  if (!_service || !_entities) throw new TypeError('a subgraph schema has the fields _service and _entities')
  const sdl = sdlOf(typeDefs, sdlTarget)
  _service.resolve = () => ({ sdl })
  _entities.resolve = resolveEntities
  return schema
}
