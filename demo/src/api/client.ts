import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { isSubscriptionOperation } from '@apollo/client/utilities'
import { createClient as createSocket } from 'graphql-ws'
import { createCache } from './cache.ts'
import type { Performer } from './cast.ts'
import type { DeviceName, RecordOf } from './record.ts'
import { recording } from './recording.ts'

export type DeviceClient = {
  readonly client: ApolloClient
  readonly address: string
  readonly operator: string
  readonly close: () => void
}

declare module '@apollo/client' {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: 'all'
      }
      interface Mutate {
        errorPolicy: 'all'
      }
    }
  }
}

/** A GraphQL client as a device has one: its own token, cache and socket. */
export function createDeviceClient(
  device: DeviceName,
  { address, operator, token }: Performer,
  record: RecordOf,
): DeviceClient {
  const authorization = `Bearer ${token}`
  const socket = createSocket({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization },
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    on: {
      // What was told while there was no connection has been missed.
      connected: (_socket, _payload, wasRetry) => {
        if (wasRetry) void client.refetchQueries({ include: 'active' })
      },
    },
  })
  const client = new ApolloClient({
    cache: createCache(),
    link: ApolloLink.from([
      recording(record, device, address),
      ApolloLink.split(
        ({ query }) => isSubscriptionOperation(query),
        new GraphQLWsLink(socket),
        new HttpLink({ uri: '/graphql', headers: { authorization } }),
      ),
    ]),
    // Part of an answer is better than none: what is wrong with the rest stands beside it.
    defaultOptions: {
      // Else what was read again would replace what is known before the cache can keep it.
      watchQuery: { errorPolicy: 'all', refetchWritePolicy: 'merge' },
      mutate: { errorPolicy: 'all' },
    },
  })
  return {
    client,
    address,
    operator,
    close: () => {
      client.stop()
      void socket.dispose()
    },
  }
}
