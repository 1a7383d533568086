// The whole graph: the gateway under test and the inventory behind a real gateway in a process of its own.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Composition, Subgraph } from '../../examples/federation/compose.ts'
import { inventorySdl, startInventory } from '../../examples/federation/inventory/server.ts'
import { findFreePort, type GatewayProcess } from '../../examples/federation/process.ts'
import { readSchema, sdlOf } from '../../src/graphql/sdl.ts'
import { post, startGateway, type Answer, type Gateway } from '../support/gateway.ts'

export type Graph = {
  /** The subgraph, for its sandbox and tokens. */
  readonly subgraph: Gateway
  /** Asks the gateway of the graph. */
  readonly query: (token: string | undefined, document: string, variables?: object) => Promise<Answer>
  /** Where it takes GraphQL. */
  readonly url: string
}

export async function startGraph(
  t: TestContext,
  {
    sdlTarget,
    compose,
    start,
    port,
    environment = {},
  }: {
    sdlTarget: 'full' | 'plain'
    compose: (subgraphs: readonly Subgraph[]) => Composition
    start: (supergraphFile: string, port: number) => Promise<GatewayProcess>
    /** Where the gateway of the graph is to listen; without it, on a free port. */
    port?: number
    /** Further settings of the subgraph. */
    environment?: Record<string, string>
  },
): Promise<Graph> {
  const subgraph = await startGateway(t, { environment: { SDL_TARGET: sdlTarget, ...environment } })
  const inventory = await startInventory()
  t.after(inventory.close)
  const supergraph = compose([
    { name: 'twinning', sdl: sdlOf(readSchema(), sdlTarget), url: `${subgraph.url}/graphql` },
    { name: 'inventory', sdl: inventorySdl, url: inventory.url },
  ])
  assert.ok('sdl' in supergraph, JSON.stringify(supergraph))
  const folder = mkdtempSync(join(tmpdir(), 'graph-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'supergraph.graphql')
  writeFileSync(file, supergraph.sdl)
  const gateway = await start(file, port ?? (await findFreePort()))
  t.after(gateway.close)
  return {
    subgraph,
    url: gateway.url,
    query: (token, document, variables) => post(gateway.url, token, document, variables),
  }
}
