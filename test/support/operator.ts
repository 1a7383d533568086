// A bare HTTP server in an operator's place, for answers that no decent operator gives, and a gateway in front of it.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Fault } from '../../src/sandbox/faults.ts'
import { createSandbox } from '../../src/sandbox/world.ts'
import { startGateway, type Gateway } from './gateway.ts'

/** What a body of JSON can be. */
export type Json = Exclude<Fault['body'], undefined>

export type RawServer = {
  readonly url: string
  /** `METHOD /path` of each request, in order of arrival. */
  readonly requests: readonly string[]
  readonly headers: readonly IncomingMessage['headers'][]
  /** How many connections were ever made. */
  readonly connections: () => number
}

export async function startServer(t: TestContext, answer: RequestListener): Promise<RawServer> {
  const requests: string[] = []
  const headers: IncomingMessage['headers'][] = []
  let connections = 0
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    headers.push(request.headers)
    answer(request, response)
  })
  server.on('connection', () => (connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests, headers, connections: () => connections }
}

/** A gateway whose one operator, `default`, is at this server root; the sandbox only signs its callers' tokens. */
export async function startInFrontOf(
  t: TestContext,
  serverRoot: string,
  environment: Record<string, string> = {},
): Promise<Gateway> {
  const sandbox = await createSandbox({ seed: false })
  t.after(sandbox.close)
  return startGateway(t, {
    sandbox,
    environment: { OMA_SERVER_ROOT: serverRoot, JWKS_URL: sandbox.issuer.jwksUrl, ...environment },
  })
}

/** T as an operator sends it: a Secondary of this device, On, with elements added or replaced. */
export function wireTwinning(
  ownAddress: string,
  id: string,
  elements: Readonly<Record<string, Json>> = {},
): Json {
  return {
    role: 'Secondary',
    twinningStatus: 'On',
    ownAddress,
    resourceURL: `http://operator.example/twinning/v1/${encodeURIComponent(ownAddress)}/twinnings/${id}`,
    ...elements,
  }
}

/** What a device asks about itself. */
export const listQuery =
  'query ($address: DeviceAddress) { twinningDevice(address: $address) { twinnings { nodes { name } } } }'
