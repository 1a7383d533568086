import { defineConfig } from '@graphql-hive/gateway'
import { gatewayConfig as base } from './gateway.config.ts'

/** Subscriptions over WebSocket, with the caller's token in `connection_init`. */
export const gatewayConfig = defineConfig({
  ...base,
  transportEntries: {
    twinning: {
      options: {
        subscriptions: {
          kind: 'ws',
          location: '/graphql',
          options: { connectionParams: { authorization: '{context.headers.authorization}' } },
        },
      },
    },
  },
})
