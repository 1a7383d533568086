import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type GatewayProcess } from '../process.ts'

const program = join(dirname(fileURLToPath(import.meta.resolve('@graphql-hive/gateway'))), 'bin.js')

/** `hive-gateway supergraph FILE`, on this machine alone. `config`: a file of this folder. */
export function startHiveGateway(
  supergraphFile: string,
  port: number,
  config = 'gateway.config.ts',
): Promise<GatewayProcess> {
  const configFile = fileURLToPath(new URL(config, import.meta.url))
  const args = ['supergraph', supergraphFile, '--config-path', configFile]
  const url = `http://127.0.0.1:${port}`
  const where = ['--host', '127.0.0.1', '--port', String(port)]
  return startProcess(program, [...args, ...where], `${url}/graphql`, { PUBLIC_URL: url })
}
