import { randomUUID } from 'node:crypto'
import type { Config } from './config/config.ts'
import type { Sandbox } from './sandbox/world.ts'

/** The settings of a gateway that uses the sandbox, where nothing else was set. */
export function inFrontOf(sandbox: Sandbox, config: Config): Config {
  const { issuer } = sandbox
  const ownIssuer = config.jwksUrl === undefined
  return {
    ...config,
    operators: sandbox.operatorTable.map((entry) => ({ ...entry, serverRoot: new URL(entry.serverRoot) })),
    jwksUrl: config.jwksUrl ?? new URL(issuer.jwksUrl),
    jwtIssuer: ownIssuer ? issuer.issuer : config.jwtIssuer,
    jwtAudience: ownIssuer ? issuer.audience : config.jwtAudience,
    notifySecret: config.notifySecret ?? randomUUID(),
  }
}

/** Has the sandbox's operators tell the gateway of what changes between them. */
export function notifyGateway({ operators }: Sandbox, gatewayUrl: string, secret: string): void {
  for (const operator of Object.values(operators))
    operator.notifyTo({ url: new URL(`/notifications/${operator.id}`, gatewayUrl).href, secret })
}
