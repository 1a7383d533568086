import { serveApollo } from './apolloServer.ts'

await serveApollo([])
