import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type GatewayProcess } from '../process.ts'

const program = join(dirname(fileURLToPath(import.meta.resolve('@graphql-hive/gateway'))), 'bin.js')
const config = fileURLToPath(new URL('gateway.config.ts', import.meta.url))

/** `hive-gateway supergraph FILE`, on this machine alone. */
export function startHiveGateway(supergraphFile: string, port: number): Promise<GatewayProcess> {
  const args = [
    'supergraph',
    supergraphFile,
    '--config-path',
    config,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ]
  return startProcess(program, args, `http://127.0.0.1:${port}/graphql`)
}
