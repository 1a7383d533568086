// The real gateway in front of the real sandbox, on free ports, closed with the test.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createApp } from '../../src/app.ts'
import { readConfig, type Config } from '../../src/config/config.ts'
import type { RecordedRequest } from '../../src/sandbox/recorder.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { isKept, keep, know } from './emissions.ts'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/world.ts'

/** What came back: HTTP status and headers, and the body's parts. */
export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly data: Record<string, any> // eslint-disable-line @typescript-eslint/no-explicit-any -- asserted by each test
  readonly errors: readonly {
    message: string
    path?: (string | number)[]
    extensions: Record<string, unknown>
  }[]
  readonly extensions: Record<string, unknown> | undefined
}

export type Gateway = {
  readonly url: string
  readonly sandbox: Sandbox
  /** A token with these scopes, issued to this device; further claims as given. */
  readonly token: (scope: string, address?: string, claims?: Record<string, unknown>) => Promise<string>
  /** POST /graphql with this token; `undefined` sends none. */
  readonly query: (token: string | undefined, document: string, variables?: object) => Promise<Answer>
  /** Starts another instance on the same sandbox. */
  readonly another: (environment?: Record<string, string>) => Promise<Gateway>
  readonly close: () => Promise<void>
}

/** `environment`: settings as a person would give them, on top of a silent log and a free port. */
export async function startGateway(
  t: TestContext,
  {
    environment = {},
    sandbox: options = { seed: false },
    config: adapt = (config) => config,
    log,
  }: {
    environment?: Record<string, string>
    sandbox?: SandboxOptions | Sandbox
    config?: (config: Config) => Config
    log?: ReturnType<typeof createLog>
  } = {},
): Promise<Gateway> {
  const sandbox = 'operators' in options ? options : await createSandbox(options)
  if (!('operators' in options)) t.after(() => sandbox.close())

  async function start(more: Record<string, string> = {}): Promise<Gateway> {
    const read = readConfig({
      PORT: '0',
      LOG_LEVEL: 'silent',
      NOTIFY_SECRET: 'notify-secret',
      // `npm run test:slow-path`: nobody may notice.
      ...(process.env.FAST_PATH !== undefined && { FAST_PATH: process.env.FAST_PATH }),
      ...environment,
      ...more,
    })
    assert.ok('config' in read, JSON.stringify(read))
    const config = adapt({
      ...read.config,
      operators:
        read.config.operators.length > 0
          ? read.config.operators
          : sandbox.operatorTable.map((entry) => ({ ...entry, serverRoot: new URL(entry.serverRoot) })),
      jwksUrl: read.config.jwksUrl ?? new URL(sandbox.issuer.jwksUrl),
      jwtIssuer: sandbox.issuer.issuer,
      jwtAudience: sandbox.issuer.audience,
    })
    const kept = log ?? (isKept() ? createLog('trace', { write: (line) => keep('log', line) }) : undefined)
    const app = await createApp(config, kept && { log: kept })
    t.after(async () => {
      await keepMetrics(url)
      await app.close()
    })
    const url = await app.listen()
    return {
      url,
      sandbox,
      token: async (scope, address, claims = {}) => {
        const token = await sandbox.issuer.sign({
          sub: address ?? 'somebody',
          scope,
          ...(address !== undefined && { address }),
          ...claims,
        })
        know({ token, address })
        return token
      },
      query: (token, document, variables) => post(`${url}/graphql`, token, document, variables),
      another: start,
      close: app.close,
    }
  }
  return start()
}

/** Of a gateway that is about to close, where a whole run keeps them. */
async function keepMetrics(url: string): Promise<void> {
  if (!isKept()) return
  try {
    keep('metrics', await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2000) })).text())
  } catch {
    // Closed already.
  }
}

/** Posts GraphQL to an endpoint. */
export async function post(
  url: string,
  token: string | undefined,
  query: string,
  variables?: object,
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, ...(variables && { variables }) }),
  })
  const body = (await response.json()) as Partial<Answer>
  know(body.data)
  if (body.errors) keep('errors', JSON.stringify(body.errors))
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? {},
    errors: body.errors ?? [],
    extensions: body.extensions,
  }
}

/** What the gateway itself asked of both operators, as `METHOD /path` below the server root, in order of arrival. */
export function upstreamTraffic({ operators }: Sandbox): string[] {
  return Object.values(operators)
    .flatMap((operator) => operator.requests())
    .filter(({ caller }: RecordedRequest) => caller !== 'peer')
    .map(({ method, path }: RecordedRequest) => `${method} ${path.replace('/exampleAPI/twinning/v1', '')}`)
}

export function clearTraffic({ operators }: Sandbox): void {
  for (const operator of Object.values(operators)) operator.clearRequests()
}

export const watch = 'tel:+15560101'
export const phone = 'tel:+15550100'
