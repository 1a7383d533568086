// A small second subgraph: what a shop knows of devices and of pairings. It knows nothing of the twinning API.
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled'
import { startStandaloneServer } from '@apollo/server/standalone'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import { readFileSync } from 'node:fs'

export type Inventory = { readonly url: string; readonly close: () => Promise<void> }

type Device = { readonly address: string; readonly model?: string; readonly colour?: string }

export const inventorySdl = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8')

const sold: readonly Required<Device>[] = [
  { address: 'tel:+15550100', model: 'Phone 12', colour: 'black' },
  { address: 'tel:+15560101', model: 'Watch S', colour: 'silver' },
  { address: 'sip:car-7@beta.example', model: 'Roadster', colour: 'red' },
]

const resolvers = {
  Query: { soldDevices: () => sold },
  Device: {
    // A device that it has not sold is a device all the same: its other fields are for other subgraphs to know.
    __resolveReference: ({ address }: Device) => ({
      address,
      ...sold.find((device) => device.address === address),
    }),
  },
  Twinning: {
    __resolveReference: ({ id }: { readonly id: string }) => ({ id, monthlyFee: '4.99 EUR' }),
  },
}

/** Serves the inventory on this port of this machine, or for 0 on a free one. */
export async function startInventory(port = 0): Promise<Inventory> {
  const schema = buildSubgraphSchema({ typeDefs: parse(inventorySdl), resolvers })
  const server = new ApolloServer({
    schema,
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginInlineTraceDisabled()],
  })
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port } })
  return { url, close: () => server.stop() }
}
