// The JavaScript @apollo/gateway: `node gateway.ts SUPERGRAPH_FILE PORT`. Its supergraph is composed of the twinning
// subgraph's plain SDL (SDL_TARGET=plain), as this gateway refuses authorization directives.
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { readFileSync } from 'node:fs'

type Context = { readonly authorization?: string | undefined }

const [supergraphFile = 'supergraph.graphql', port = '4000'] = process.argv.slice(2)

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraphFile, 'utf8'),
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource<Context>({
      ...(url !== undefined && { url }),
      // The twinning subgraph decides by the caller's own token.
      willSendRequest: ({ request, context }) => {
        const { authorization } = context as Context
        if (authorization !== undefined) request.http?.headers.set('authorization', authorization)
      },
    }),
})

const { url } = await startStandaloneServer(new ApolloServer<Context>({ gateway }), {
  listen: { host: '127.0.0.1', port: Number(port) },
  context: ({ req }) => Promise.resolve({ authorization: req.headers.authorization }),
})
console.log(`listening at ${url}`)
