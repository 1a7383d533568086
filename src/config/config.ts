import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import {
  baseUrl,
  endpointUrl,
  operatorAuth,
  parseOperators,
  type Environment,
  type Operator,
  type Problem,
} from './operators.ts'

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
  readonly cacheTtlMs: number
  readonly cacheStaleMs: number
  readonly auth: 'on' | 'off'
  readonly jwksUrl: URL | undefined
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: string | undefined
  /** 32 bytes each: the first encrypts, all decrypt. */
  readonly idKeys: readonly [Buffer, ...Buffer[]]
  readonly notifySecret: string | undefined
  readonly sdlTarget: 'full' | 'plain'
  readonly explorer: boolean
  readonly logLevel: LogLevel
  /** What the log should say at every start. */
  readonly warnings: readonly string[]
}

const onOff = z.enum(['on', 'off'], { error: 'expected on or off' })
const text = z.string()

const settings = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: whole(0, 65_535).default(4000),
  OMA_SERVER_ROOT: baseUrl.optional(),
  OMA_OPERATORS_FILE: text.optional(),
  OMA_AUTH: z
    .enum(['none', 'token', 'client_credentials', 'forward'], {
      error: 'expected none, token, client_credentials or forward',
    })
    .default('none'),
  OMA_ACCESS_TOKEN: text.optional(),
  OMA_TOKEN_URL: endpointUrl.optional(),
  OMA_CLIENT_ID: text.optional(),
  OMA_CLIENT_SECRET: text.optional(),
  OMA_TIMEOUT_MS: whole(1, 600_000).default(2000),
  REDIS_URL: text
    .refine(
      (value) => redisUrls(value) !== undefined,
      'expected redis:// or rediss:// URLs, separated by commas',
    )
    .optional(),
  CACHE_TTL_S: whole(0, 86_400).default(30),
  CACHE_STALE_S: whole(0, 604_800).default(300),
  JWKS_URL: endpointUrl.optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.optional(),
  AUTH: onOff.default('on'),
  ID_KEY: text
    .refine(
      (value) => idKeys(value) !== undefined,
      'expected 32 bytes in base64, or several such keys separated by commas',
    )
    .optional(),
  NOTIFY_SECRET: text.optional(),
  SDL_TARGET: z.enum(['full', 'plain'], { error: 'expected full or plain' }).default('full'),
  EXPLORER: onOff.optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'expected fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
})

type Settings = z.infer<typeof settings>

/** The names of all settings, in the order of the documents. */
export const settingNames: readonly string[] = Object.keys(settings.shape)

/**
 * Reads the settings from an environment; an empty value counts as unset. Answers all problems at once; none of them
 * quotes a value.
 */
export function readConfig(environment: Environment): { config: Config } | { problems: readonly Problem[] } {
  const given = Object.fromEntries(settingNames.map((name) => [name, environment[name]?.trim() || undefined]))
  const checked = settings.safeParse(given)
  const fromFile = readOperatorsFile(given.OMA_OPERATORS_FILE, environment)
  const problems = [
    ...(checked.error?.issues.map(({ path, message }) => ({ variable: String(path[0]), fault: message })) ??
      []),
    ...together(given),
    ...('problems' in fromFile ? fromFile.problems : []),
  ]
  if (problems.length > 0 || !checked.success || 'problems' in fromFile) return { problems }
  return { config: build(checked.data, fromFile.operators ?? singleOperator(checked.data)) }
}

/** Rules between settings. */
function together(given: Readonly<Record<string, string | undefined>>): Problem[] {
  const problems: Problem[] = []
  const hasOperator = Boolean(given.OMA_SERVER_ROOT ?? given.OMA_OPERATORS_FILE)
  const need = (variable: string, fault: string) => problems.push({ variable, fault })
  if (given.OMA_SERVER_ROOT && given.OMA_OPERATORS_FILE)
    need(
      'OMA_OPERATORS_FILE',
      'expected to be unset where OMA_SERVER_ROOT is set: give the one operator or the list',
    )
  if (given.OMA_OPERATORS_FILE && given.OMA_AUTH && given.OMA_AUTH !== 'none')
    need(
      'OMA_AUTH',
      'expected to be unset where OMA_OPERATORS_FILE is set: there each operator has its own auth',
    )
  if (/^(?:token|client_credentials|forward)$/.test(given.OMA_AUTH ?? '') && !hasOperator)
    need('OMA_SERVER_ROOT', `expected to be set, for OMA_AUTH=${given.OMA_AUTH ?? ''}`)
  if (given.OMA_AUTH === 'token' && !given.OMA_ACCESS_TOKEN)
    need('OMA_ACCESS_TOKEN', 'expected a token, for OMA_AUTH=token')
  if (given.OMA_AUTH === 'client_credentials')
    for (const name of ['OMA_TOKEN_URL', 'OMA_CLIENT_ID', 'OMA_CLIENT_SECRET'])
      if (!given[name]) need(name, 'expected to be set, for OMA_AUTH=client_credentials')
  if (hasOperator && !given.JWKS_URL && given.AUTH !== 'off')
    need(
      'JWKS_URL',
      'expected the URL of the key set that signs access tokens; AUTH=off lets everybody do everything',
    )
  return problems
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

function singleOperator(s: Settings): Operator[] {
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
  return [{ id: 'default', serverRoot: new URL(s.OMA_SERVER_ROOT), match: ['*'], auth }]
}

function build(s: Settings, operators: readonly Operator[]): Config {
  const keys = s.ID_KEY === undefined ? undefined : idKeys(s.ID_KEY)
  return {
    host: s.HOST,
    port: s.PORT,
    operators,
    timeoutMs: s.OMA_TIMEOUT_MS,
    redisUrls: s.REDIS_URL === undefined ? [] : (redisUrls(s.REDIS_URL) ?? []),
    cacheTtlMs: s.CACHE_TTL_S * 1000,
    cacheStaleMs: s.CACHE_STALE_S * 1000,
    auth: s.AUTH,
    jwksUrl: s.JWKS_URL === undefined ? undefined : new URL(s.JWKS_URL),
    jwtIssuer: s.JWT_ISSUER,
    jwtAudience: s.JWT_AUDIENCE,
    // Not a secret: it keeps phone numbers out of sight and ids alike on all instances, no more.
    idKeys: keys ?? [createHash('sha256').update('twinning-gateway: ids without ID_KEY').digest()],
    notifySecret: s.NOTIFY_SECRET,
    sdlTarget: s.SDL_TARGET,
    explorer: (s.EXPLORER ?? (operators.length === 0 ? 'on' : 'off')) === 'on',
    logLevel: s.LOG_LEVEL,
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

function whole(min: number, max: number) {
  const fault = `expected a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, fault)
    .transform(Number)
    .refine((n) => n >= min && n <= max, fault)
}

function redisUrls(value: string): URL[] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  if (!parts.every((part) => URL.canParse(part))) return undefined
  const urls = parts.map((part) => new URL(part))
  return urls.every((url) => /^rediss?:$/.test(url.protocol) && url.hostname !== '') ? urls : undefined
}

function idKeys(value: string): [Buffer, ...Buffer[]] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  if (!parts.every((part) => /^[\w+/-]{43}=?$/.test(part))) return undefined
  const [first, ...rest] = parts.map((part) => Buffer.from(part, 'base64'))
  return first && [first, ...rest]
}
