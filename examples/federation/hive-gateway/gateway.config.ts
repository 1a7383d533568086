import { defineConfig } from '@graphql-hive/gateway'

export const gatewayConfig = defineConfig({
  // The twinning subgraph decides by the caller's own token.
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => {
      const authorization = request.headers.get('authorization')
      return authorization === null ? {} : { authorization }
    },
  },
})
