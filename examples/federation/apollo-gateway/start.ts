import { fileURLToPath } from 'node:url'
import { startProcess, type GatewayProcess } from '../process.ts'

const program = fileURLToPath(new URL('gateway.ts', import.meta.url))

/** The JavaScript `@apollo/gateway`, on this machine alone. */
export function startApolloGateway(supergraphFile: string, port: number): Promise<GatewayProcess> {
  return startProcess(program, [supergraphFile, String(port)], `http://127.0.0.1:${port}/`)
}
