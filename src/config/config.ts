import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { readDocuments } from './documents.ts'
import { readTlsFiles, type Tls } from './tls.ts'
import { limitsOf, type Limits } from './limits.ts'
import { openTelemetryOf, type OpenTelemetrySettings } from './openTelemetry.ts'
import { operatorAuth, parseOperators, type Environment, type Operator, type Problem } from './operators.ts'
import {
  callbackUrls,
  corsOrigins,
  idKeys,
  networks,
  redisUrls,
  settingNames,
  settings,
  together,
  type Settings,
} from './settings.ts'

/** A router's cache: where it is told what to drop, with which key, and what this subgraph is called there. */
export type RouterInvalidation = { readonly url: URL; readonly key: string; readonly subgraph: string }

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** All settings, read and checked. What is `undefined` was not set. */
export type Config = {
  readonly host: string
  readonly port: number
  /** Empty: the sandbox is meant. */
  readonly operators: readonly Operator[]
  readonly timeoutMs: number
  /** One: a server; several: the nodes of a Redis Cluster; none: memory only. */
  readonly redisUrls: readonly URL[]
  /** Whom to trust to be Redis, in PEM. */
  readonly redisCa: string | undefined
  readonly cacheTtlMs: number
  readonly cacheStaleMs: number
  readonly auth: 'on' | 'off'
  readonly jwksUrl: URL | undefined
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: string | undefined
  /** By how much clocks may differ where a token's times are looked at. */
  readonly jwtClockSkewS: number
  /** How long the last key set serves while no other can be had. */
  readonly jwksStaleMs: number
  /** 32 bytes each: the first encrypts, all decrypt. */
  readonly idKeys: readonly [Buffer, ...Buffer[]]
  readonly notifySecret: string | undefined
  readonly sdlTarget: 'full' | 'plain'
  readonly explorer: boolean
  /** Whether answers carry the tags under which a router is to keep them. */
  readonly cacheTags: boolean
  /** Whether answers that are at hand are given without execution. */
  readonly fastPath: boolean
  readonly cost: { readonly max: number; readonly mode: 'enforce' | 'measure' }
  readonly limits: Limits
  readonly trusted: {
    readonly mode: 'any' | 'prefer' | 'only'
    readonly documents: ReadonlyMap<string, string>
  }
  /** Automatic persisted queries; a `max` of 0: none. */
  readonly automatic: { readonly max: number; readonly ttlMs: number }
  /** Whose pages may read answers. */
  readonly corsOrigins: ReadonlySet<string> | 'any'
  /** What a caller may ask for in a minute, in units of cost; 0: no limit. `unauthenticated`: an address without a valid token. */
  readonly rates: {
    readonly caller: number
    readonly unauthenticated: number
    readonly mode: 'enforce' | 'measure'
  }
  /** Proxies that are believed whom they ask for: addresses and networks. */
  readonly trustedProxies: readonly string[]
  /** Where routers may have subscriptions sent to; none: nowhere. */
  readonly callbackUrls: readonly URL[]
  /** How often operators that do not notify are asked about devices that somebody watches. */
  readonly poll: { readonly pendingMs: number; readonly settledMs: number; readonly perSecond: number }
  /** The Redis stream that changes are written to, and about how many of them it keeps. */
  readonly changeStream: { readonly key: string; readonly maxLength: number } | undefined
  /** The router that is told of changes, where there is one. */
  readonly routerInvalidation: RouterInvalidation | undefined
  /** How long it says that it is not ready, and goes on, before it stops. */
  readonly drainMs: number
  /** How many processes serve the port. */
  readonly workers: number
  readonly logLevel: LogLevel
  /** Where traces and metrics are sent to, if anywhere. */
  readonly openTelemetry: OpenTelemetrySettings | undefined
  /** What the log should say at every start. */
  readonly warnings: readonly string[]
}

/**
 * Reads the settings from an environment; an empty value counts as unset. Answers all problems at once; none of them
 * quotes a value.
 */
export function readConfig(environment: Environment): { config: Config } | { problems: readonly Problem[] } {
  const given = Object.fromEntries(settingNames.map((name) => [name, environment[name]?.trim() || undefined]))
  const checked = settings.safeParse(given)
  const fromFile = readOperatorsFile(given.OMA_OPERATORS_FILE, environment)
  const trusted = readDocuments(given.TRUSTED_DOCUMENTS)
  const tls = readTlsFiles(given)
  const problems = [
    ...(checked.error?.issues.map(({ path, message }) => ({ variable: String(path[0]), fault: message })) ??
      []),
    ...together(given),
    ...('problems' in fromFile ? fromFile.problems : []),
    ...('problems' in trusted ? trusted.problems : []),
    ...('problems' in tls ? tls.problems : []),
  ]
  if (
    problems.length > 0 ||
    !checked.success ||
    'problems' in fromFile ||
    'problems' in trusted ||
    'problems' in tls
  )
    return { problems }
  return {
    config: build(checked.data, fromFile.operators ?? singleOperator(checked.data, tls.operator), {
      documents: trusted.documents,
      redisCa: tls.redisCa,
    }),
  }
}

function readOperatorsFile(
  path: string | undefined,
  environment: Environment,
): { operators: readonly Operator[] | undefined } | { problems: readonly Problem[] } {
  if (path === undefined) return { operators: undefined }
  try {
    return parseOperators(readFileSync(path, 'utf8'), environment)
  } catch {
    return {
      problems: [{ variable: 'OMA_OPERATORS_FILE', fault: 'expected the path of a file that can be read' }],
    }
  }
}

function singleOperator(s: Settings, tls: Tls): Operator[] {
  if (s.OMA_SERVER_ROOT === undefined) return []
  const auth = operatorAuth.parse(
    {
      none: { type: 'none' },
      forward: { type: 'forward' },
      token: { type: 'token', accessToken: s.OMA_ACCESS_TOKEN },
      client_credentials: {
        type: 'client_credentials',
        tokenUrl: s.OMA_TOKEN_URL,
        clientId: s.OMA_CLIENT_ID,
        clientSecret: s.OMA_CLIENT_SECRET,
      },
    }[s.OMA_AUTH],
  )
  return [
    {
      id: 'default',
      serverRoot: new URL(s.OMA_SERVER_ROOT),
      match: ['*'],
      auth,
      ...(Object.keys(tls).length > 0 && { tls }),
    },
  ]
}

function build(
  s: Settings,
  operators: readonly Operator[],
  { documents, redisCa }: { documents: ReadonlyMap<string, string>; redisCa: string | undefined },
): Config {
  const keys = s.ID_KEY === undefined ? undefined : idKeys(s.ID_KEY)
  return {
    host: s.HOST,
    port: s.PORT,
    operators,
    timeoutMs: s.OMA_TIMEOUT_MS,
    redisUrls: s.REDIS_URL === undefined ? [] : (redisUrls(s.REDIS_URL) ?? []),
    redisCa,
    cacheTtlMs: s.CACHE_TTL_S * 1000,
    cacheStaleMs: s.CACHE_STALE_S * 1000,
    auth: s.AUTH,
    jwksUrl: s.JWKS_URL === undefined ? undefined : new URL(s.JWKS_URL),
    jwtIssuer: s.JWT_ISSUER,
    jwtAudience: s.JWT_AUDIENCE,
    jwtClockSkewS: s.JWT_CLOCK_SKEW_S,
    jwksStaleMs: s.JWKS_STALE_S * 1000,
    // Not a secret: it keeps phone numbers out of sight and ids alike on all instances, no more.
    idKeys: keys ?? [createHash('sha256').update('twinning-gateway: ids without ID_KEY').digest()],
    notifySecret: s.NOTIFY_SECRET,
    sdlTarget: s.SDL_TARGET,
    explorer: (s.EXPLORER ?? (operators.length === 0 ? 'on' : 'off')) === 'on',
    cacheTags: s.CACHE_TAGS === 'on',
    fastPath: s.FAST_PATH === 'on',
    cost: { max: s.COST_MAX, mode: s.COST_MODE },
    limits: limitsOf(s),
    trusted: { mode: s.TRUSTED_DOCUMENTS_MODE, documents },
    automatic: { max: s.APQ_MAX, ttlMs: s.APQ_TTL_S * 1000 },
    corsOrigins: (s.CORS_ORIGINS !== undefined && corsOrigins(s.CORS_ORIGINS)) || new Set(),
    rates: {
      caller: s.RATE_LIMIT,
      unauthenticated: s.RATE_LIMIT_UNAUTHENTICATED,
      mode: s.RATE_LIMIT_MODE,
    },
    trustedProxies: s.TRUSTED_PROXIES === undefined ? [] : (networks(s.TRUSTED_PROXIES) ?? []),
    routerInvalidation:
      s.ROUTER_INVALIDATION_URL !== undefined && s.ROUTER_INVALIDATION_KEY !== undefined
        ? {
            url: new URL(s.ROUTER_INVALIDATION_URL),
            key: s.ROUTER_INVALIDATION_KEY,
            subgraph: s.ROUTER_SUBGRAPH_NAME,
          }
        : undefined,
    callbackUrls: s.CALLBACK_URLS === undefined ? [] : (callbackUrls(s.CALLBACK_URLS) ?? []),
    poll: { pendingMs: s.POLL_PENDING_MS, settledMs: s.POLL_S * 1000, perSecond: s.POLL_PER_SECOND },
    changeStream:
      s.CHANGE_STREAM === undefined
        ? undefined
        : { key: s.CHANGE_STREAM, maxLength: s.CHANGE_STREAM_MAX_LENGTH },
    drainMs: s.DRAIN_MS,
    workers: s.WORKERS,
    logLevel: s.LOG_LEVEL,
    openTelemetry: openTelemetryOf(s),
    warnings: warningsOf(s, operators),
  }
}

function warningsOf(s: Settings, operators: readonly Operator[]): string[] {
  const warnings: string[] = []
  if (s.AUTH === 'off') warnings.push('AUTH=off: every caller may do everything')
  if (operators.length > 0 && s.ID_KEY === undefined)
    warnings.push(
      'ID_KEY is unset: ids are made with a key that everybody knows, which hides phone numbers from nobody who looks',
    )
  if (s.AUTH === 'on' && s.JWKS_URL !== undefined)
    for (const [name, what] of [
      ['JWT_ISSUER', 'issuer'],
      ['JWT_AUDIENCE', 'audience'],
    ] as const)
      if (s[name] === undefined)
        warnings.push(`${name} is unset: tokens for any ${what} that these keys have signed are accepted`)
  return warnings
}
