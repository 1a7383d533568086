// `node examples/federation/inventory/main.ts`: the inventory by itself, where the routers' files look for it.
import { startInventory } from './server.ts'

const { url } = await startInventory(4010)
console.log(`inventory subgraph at ${url}`)
