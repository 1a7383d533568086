import responseCache from '@apollo/server-plugin-response-cache'
import { serveApollo } from './apolloServer.ts'

await serveApollo([responseCache()])
