// `npm run federation`: the sandbox's operators, the twinning subgraph, a second one and Hive Gateway before them both.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { readSchema, sdlOf } from '../../src/graphql/sdl.ts'
import { createSandbox } from '../../src/sandbox/world.ts'
import { inFrontOf, notifyGateway } from '../../src/sandboxed.ts'
import { composeForHive } from './compose.ts'
import { startHiveGateway } from './hive-gateway/start.ts'
import { inventorySdl, startInventory } from './inventory/server.ts'
import { findFreePort } from './process.ts'

let closing: Promise<void> | undefined
// A signal may come at any moment of the start.
const isClosing = () => closing !== undefined
/** What is to be closed, the last first. */
const opened: (() => Promise<void> | void)[] = []

async function run(): Promise<void> {
  const port = await findFreePort(readPort())
  console.log('Starting two operators, a token issuer, the twinning subgraph and the inventory subgraph …')
  const sandbox = await createSandbox()
  opened.push(sandbox.close)
  const twinningUrl = await startTwinning(sandbox)
  const inventory = await startInventory()
  opened.push(inventory.close)

  if (isClosing()) return
  console.log('Composing the supergraph and starting Hive Gateway …')
  const folder = mkdtempSync(join(tmpdir(), 'twinning-federation-'))
  opened.push(() => rmSync(folder, { recursive: true, force: true }))
  const supergraphFile = join(folder, 'supergraph.graphql')
  const supergraph = composeForHive([
    { name: 'twinning', sdl: sdlOf(readSchema(), 'full'), url: twinningUrl },
    { name: 'inventory', sdl: inventorySdl, url: inventory.url },
  ])
  if ('errors' in supergraph) throw new Error(supergraph.errors.join('\n'))
  writeFileSync(supergraphFile, supergraph.sdl)
  const hive = await startHiveGateway(supergraphFile, port)
  opened.push(hive.close)
  if (isClosing()) return closeAll()

  console.log(
    describe({ hive: hive.url, twinning: twinningUrl, inventory: inventory.url }, await tokens(sandbox)),
  )
}

type Sandbox = Awaited<ReturnType<typeof createSandbox>>

async function startTwinning(sandbox: Sandbox): Promise<string> {
  const read = readConfig({ PORT: '0', LOG_LEVEL: 'warn' })
  if ('problems' in read) throw new TypeError('settings of our own are right')
  const config = inFrontOf(sandbox, read.config)
  const app = await createApp(config)
  opened.push(app.close)
  const url = await app.listen()
  if (config.notifySecret !== undefined) notifyGateway(sandbox, url, config.notifySecret)
  return `${url}/graphql`
}

/** PORT, as of `npm start`: where the gateway of the whole graph listens; 0 takes a free one. */
function readPort(): number {
  const read = readConfig({ PORT: process.env.PORT })
  if ('config' in read) return read.config.port
  throw new Error(read.problems.map(({ variable, fault }) => `${variable}: ${fault}`).join('\n'))
}

async function tokens({ characters }: Sandbox): Promise<Record<'PHONE' | 'PORTAL', string>> {
  return { PHONE: await characters.phone.token(), PORTAL: await characters.portal.token() }
}

function describe(
  urls: { readonly hive: string; readonly twinning: string; readonly inventory: string },
  { PHONE, PORTAL }: Record<'PHONE' | 'PORTAL', string>,
): string {
  const curl = (token: string, query: string) =>
    `curl -s ${urls.hive} -H 'content-type: application/json' -H 'authorization: Bearer ${token}' -d '${JSON.stringify({ query })}'`
  return `
A federated graph of two subgraphs (nothing here is real, nothing is kept)

  Hive Gateway        ${urls.hive}
  twinning subgraph   ${urls.twinning}
  inventory subgraph  ${urls.inventory}

A phone and what it is twinned with: model and colour of each device, and the fee of each twinning, are the inventory's.

${curl(PHONE, '{ twinningDevice { address model colour twinnings { nodes { twinningStatus monthlyFee otherDevice { name device { model colour } } } } } }')}

The other way round, as a partner portal: from what the shop has sold to its twinnings.

${curl(PORTAL, '{ soldDevices { model twinnings { nodes { __typename twinningStatus monthlyFee ... on SecondaryTwinning { voicemailAccess { address } } } } } }')}

Ctrl-C stops it all.
`
}

async function closeAll(): Promise<void> {
  for (let close = opened.pop(); close; close = opened.pop()) await close()
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void (closing ??= closeAll()))

try {
  await run()
} catch (error) {
  // What was taken away while it started is no fault.
  if (isClosing()) process.exit(0)
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
  await (closing ??= closeAll())
}
