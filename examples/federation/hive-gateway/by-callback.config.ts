import { defineConfig } from '@graphql-hive/gateway'
import { gatewayConfig as base } from './gateway.config.ts'

/**
 * Subscriptions by HTTP callback. PUBLIC_URL: where the subgraph reaches this gateway; its setting CALLBACK_URLS has to
 * name PUBLIC_URL/callback.
 */
export const gatewayConfig = defineConfig({
  ...base,
  webhooks: true,
  transportEntries: {
    twinning: {
      options: {
        subscriptions: {
          kind: 'http-callback',
          options: {
            public_url: `${process.env.PUBLIC_URL ?? 'http://127.0.0.1:4000'}/callback`,
            path: '/callback',
            heartbeat_interval: 2000,
          },
        },
      },
    },
  },
})
