import { isIP } from 'node:net'
import { z } from 'zod'
import { baseUrl, endpointUrl, type Problem } from './operators.ts'

const onOff = z.enum(['on', 'off'], { error: 'expected on or off' })
const text = z.string()
const otlpOrNone = z.enum(['otlp', 'none'], { error: 'expected otlp or none' })
const samplers = ['always_on', 'always_off', 'traceidratio'] as const

/** Each setting by itself: what it may be, and what it is where it is not set. */
export const settings = z.object({
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
  OMA_CA_FILE: text.optional(),
  OMA_CLIENT_CERT_FILE: text.optional(),
  OMA_CLIENT_KEY_FILE: text.optional(),
  REDIS_URL: text
    .refine(
      (value) => redisUrls(value) !== undefined,
      'expected redis:// or rediss:// URLs, separated by commas',
    )
    .optional(),
  REDIS_CA_FILE: text.optional(),
  CACHE_TTL_S: whole(0, 86_400).default(30),
  CACHE_STALE_S: whole(0, 604_800).default(300),
  FAST_PATH: onOff.default('on'),
  JWKS_URL: endpointUrl.optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.optional(),
  JWT_CLOCK_SKEW_S: whole(0, 300).default(0),
  JWKS_STALE_S: whole(0, 604_800).default(86_400),
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
  CACHE_TAGS: onOff.default('on'),
  COST_MAX: whole(1, 100_000_000).default(200_000),
  COST_MODE: z.enum(['enforce', 'measure'], { error: 'expected enforce or measure' }).default('enforce'),
  LIMIT_MODE: z.enum(['enforce', 'measure'], { error: 'expected enforce or measure' }).default('enforce'),
  LIMIT_BODY_BYTES: whole(1024, 67_108_864).default(2_097_152),
  LIMIT_TOKENS: whole(1, 1_000_000).default(10_000),
  LIMIT_DEPTH: whole(1, 1000).default(30),
  LIMIT_ALIASES: whole(0, 100_000).default(200),
  LIMIT_ROOT_FIELDS: whole(1, 100_000).default(100),
  LIMIT_DIRECTIVES: whole(0, 100_000).default(200),
  LIMIT_LIST_LENGTH: whole(1, 1_000_000).default(10_000),
  LIMIT_UPSTREAM_CALLS: whole(1, 1_000_000).default(3000),
  LIMIT_TIME_MS: whole(1, 600_000).default(30_000),
  LIMIT_HEADERS_MS: whole(100, 600_000).default(10_000),
  LIMIT_REQUEST_MS: whole(100, 600_000).default(30_000),
  LIMIT_CONNECTIONS: whole(1, 1_000_000).default(10_000),
  CORS_ORIGINS: text
    .refine(
      (value) => corsOrigins(value) !== undefined,
      'expected origins such as https://app.example, separated by commas, or * for any',
    )
    .optional(),
  TRUSTED_DOCUMENTS: text.optional(),
  TRUSTED_DOCUMENTS_MODE: z
    .enum(['any', 'prefer', 'only'], { error: 'expected any, prefer or only' })
    .default('any'),
  APQ_MAX: whole(0, 1_000_000).default(0),
  APQ_TTL_S: whole(1, 31_536_000).default(86_400),
  RATE_LIMIT: whole(0, 999_999_999).default(200_000_000),
  RATE_LIMIT_UNAUTHENTICATED: whole(0, 999_999_999).default(60_000),
  RATE_LIMIT_MODE: z
    .enum(['enforce', 'measure'], { error: 'expected enforce or measure' })
    .default('enforce'),
  TRUSTED_PROXIES: text
    .refine(
      (value) => networks(value) !== undefined,
      'expected IP addresses or networks (10.0.0.0/8), separated by commas',
    )
    .optional(),
  ROUTER_INVALIDATION_URL: endpointUrl.optional(),
  ROUTER_INVALIDATION_KEY: text.optional(),
  ROUTER_SUBGRAPH_NAME: text.default('twinning'),
  CALLBACK_URLS: text
    .refine(
      (value) => callbackUrls(value) !== undefined,
      'expected http or https URLs without credentials, query and fragment, separated by commas',
    )
    .optional(),
  POLL_S: whole(0, 3600).default(15),
  POLL_PENDING_MS: whole(100, 60_000).default(1000),
  POLL_PER_SECOND: whole(1, 10_000).default(20),
  CHANGE_STREAM: text
    .regex(/^[\w.:{}-]{1,200}$/, 'expected a key of Redis: letters, digits and any of . _ - : { }')
    .optional(),
  CHANGE_STREAM_MAX_LENGTH: whole(100, 100_000_000).default(100_000),
  DRAIN_MS: whole(0, 600_000).default(1000),
  WORKERS: whole(1, 64).default(1),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'expected fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(['http/protobuf', 'http/json'], { error: 'expected http/protobuf or http/json' })
    .default('http/protobuf'),
  OTEL_TRACES_EXPORTER: otlpOrNone.default('otlp'),
  OTEL_TRACES_SAMPLER: z
    .enum([...samplers, ...samplers.map((name) => `parentbased_${name}` as const)], {
      error: `expected ${samplers.join(', ')}, or one of them after parentbased_`,
    })
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: text
    .regex(/^(?:0|1|0?\.\d{1,9}|1\.0)$/, 'expected a number from 0 to 1')
    .default('1'),
  OTEL_BSP_SCHEDULE_DELAY: whole(1, 600_000).default(5000),
  OTEL_METRICS_EXPORTER: otlpOrNone.default('otlp'),
  OTEL_METRIC_EXPORT_INTERVAL: whole(1, 86_400_000).default(60_000),
  OTEL_SDK_DISABLED: z.enum(['true', 'false'], { error: 'expected true or false' }).default('false'),
})

export type Settings = z.infer<typeof settings>

/** The names of all settings, in the order of the documents. */
export const settingNames: readonly string[] = Object.keys(settings.shape)

/** Rules between settings. */
export function together(given: Readonly<Record<string, string | undefined>>): Problem[] {
  const problems: Problem[] = []
  const hasOperator = Boolean(given.OMA_SERVER_ROOT ?? given.OMA_OPERATORS_FILE)
  const need = (variable: string, fault: string) => problems.push({ variable, fault })
  if (Number(given.WORKERS ?? 1) > 1) {
    if (!given.REDIS_URL) need('REDIS_URL', 'expected to be set where WORKERS is more than 1')
    if (!hasOperator) need('WORKERS', 'expected to be 1 with the sandbox, which is one process')
  }
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
  for (const name of ['OMA_CA_FILE', 'OMA_CLIENT_CERT_FILE', 'OMA_CLIENT_KEY_FILE']) {
    if (!given[name]) continue
    if (given.OMA_OPERATORS_FILE)
      need(name, 'expected to be unset where OMA_OPERATORS_FILE is set: there each operator has its own tls')
    else if (!given.OMA_SERVER_ROOT) need('OMA_SERVER_ROOT', `expected to be set, for ${name}`)
  }
  if (given.REDIS_CA_FILE && !given.REDIS_URL?.startsWith('rediss:'))
    need('REDIS_URL', 'expected rediss:// URLs, for REDIS_CA_FILE')
  if (given.OMA_AUTH === 'token' && !given.OMA_ACCESS_TOKEN)
    need('OMA_ACCESS_TOKEN', 'expected a token, for OMA_AUTH=token')
  if (given.OMA_AUTH === 'client_credentials')
    for (const name of ['OMA_TOKEN_URL', 'OMA_CLIENT_ID', 'OMA_CLIENT_SECRET'])
      if (!given[name]) need(name, 'expected to be set, for OMA_AUTH=client_credentials')
  if (/^(?:prefer|only)$/.test(given.TRUSTED_DOCUMENTS_MODE ?? '') && !given.TRUSTED_DOCUMENTS)
    need(
      'TRUSTED_DOCUMENTS',
      `expected to be set, for TRUSTED_DOCUMENTS_MODE=${given.TRUSTED_DOCUMENTS_MODE ?? ''}`,
    )
  if (given.TRUSTED_DOCUMENTS_MODE === 'only' && Number(given.APQ_MAX ?? 0) > 0)
    need('APQ_MAX', 'expected to be 0 where TRUSTED_DOCUMENTS_MODE is only')
  for (const [name, other] of [
    ['ROUTER_INVALIDATION_URL', 'ROUTER_INVALIDATION_KEY'],
    ['ROUTER_INVALIDATION_KEY', 'ROUTER_INVALIDATION_URL'],
  ] as const)
    if (given[name] && !given[other]) need(other, `expected to be set where ${name} is`)
  if (given.CHANGE_STREAM && !given.REDIS_URL) need('REDIS_URL', 'expected to be set where CHANGE_STREAM is')
  // Others read the stream, and ids that are made with the key that everybody knows are addresses to whoever opens them.
  if (given.CHANGE_STREAM && hasOperator && !given.ID_KEY)
    need('ID_KEY', 'expected to be set where CHANGE_STREAM is: ids hide no phone numbers without it')
  if (hasOperator && !given.JWKS_URL && given.AUTH !== 'off')
    need(
      'JWKS_URL',
      'expected the URL of the key set that signs access tokens; AUTH=off lets everybody do everything',
    )
  return problems
}

function whole(min: number, max: number) {
  const fault = `expected a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, fault)
    .transform(Number)
    .refine((n) => n >= min && n <= max, fault)
}

/** One or more `redis:` or `rediss:` URLs; `undefined` for anything else. */
export function redisUrls(value: string): URL[] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  if (!parts.every((part) => URL.canParse(part))) return undefined
  const urls = parts.map((part) => new URL(part))
  return urls.every((url) => /^rediss?:$/.test(url.protocol) && url.hostname !== '') ? urls : undefined
}

/** One or more keys of 32 bytes in base64; `undefined` for anything else. */
export function idKeys(value: string): [Buffer, ...Buffer[]] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  if (!parts.every((part) => /^[\w+/-]{43}=?$/.test(part))) return undefined
  const [first, ...rest] = parts.map((part) => Buffer.from(part, 'base64'))
  return first && [first, ...rest]
}

/** One or more origins as browsers send them (RFC 6454 §6.2), or any; `undefined` for anything else. */
export function corsOrigins(value: string): ReadonlySet<string> | 'any' | undefined {
  if (value === '*') return 'any'
  const parts = value.split(',').map((part) => part.trim())
  const isOrigin = (part: string) =>
    URL.canParse(part) && /^https?:$/.test(new URL(part).protocol) && new URL(part).origin === part
  return parts.every(isOrigin) ? new Set(parts) : undefined
}

/** One or more URLs that others begin with; `undefined` for anything else. */
export function callbackUrls(value: string): URL[] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  return parts.every((part) => baseUrl.safeParse(part).success)
    ? parts.map((part) => new URL(part))
    : undefined
}

/** One or more addresses or networks in CIDR notation; `undefined` for anything else. */
export function networks(value: string): string[] | undefined {
  const parts = value.split(',').map((part) => part.trim())
  return parts.every(isNetwork) ? parts : undefined
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}
