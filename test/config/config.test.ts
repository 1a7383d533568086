import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readConfig, type Config } from '../../src/config/config.ts'
import { settingNames } from '../../src/config/settings.ts'

const key = Buffer.alloc(32, 7)
const upstream = { OMA_SERVER_ROOT: 'https://op.example/api', JWKS_URL: 'https://id.example/jwks' }

function configOf(environment: Record<string, string>): Config {
  const read = readConfig(environment)
  assert.ok('config' in read, JSON.stringify(read))
  return read.config
}

function problemsOf(environment: Record<string, string>): string[] {
  const read = readConfig(environment)
  assert.ok('problems' in read, 'expected problems')
  return read.problems.map(({ variable, fault }) => `${variable}: ${fault}`)
}

test('with nothing set, the settings are those of the sandbox', () => {
  const { idKeys, ...config } = configOf({})

  assert.deepEqual(config, {
    host: '127.0.0.1',
    port: 4000,
    operators: [],
    timeoutMs: 2000,
    redisUrls: [],
    redisCa: undefined,
    cacheTtlMs: 30_000,
    cacheStaleMs: 300_000,
    auth: 'on',
    jwksUrl: undefined,
    jwtIssuer: undefined,
    jwtAudience: undefined,
    jwtClockSkewS: 0,
    jwksStaleMs: 86_400_000,
    notifySecret: undefined,
    sdlTarget: 'full',
    explorer: true,
    cacheTags: true,
    fastPath: true,
    cost: { max: 200_000, mode: 'enforce' },
    limits: {
      mode: 'enforce',
      bodyBytes: 2_097_152,
      tokens: 10_000,
      depth: 30,
      aliases: 200,
      rootFields: 100,
      directives: 200,
      listLength: 10_000,
      upstreamCalls: 3000,
      timeMs: 30_000,
      headersMs: 10_000,
      requestMs: 30_000,
      connections: 10_000,
    },
    trusted: { mode: 'any', documents: new Map() },
    automatic: { max: 0, ttlMs: 86_400_000 },
    corsOrigins: new Set(),
    rates: { caller: 200_000_000, unauthenticated: 60_000, mode: 'enforce' },
    trustedProxies: [],
    routerInvalidation: undefined,
    callbackUrls: [],
    poll: { pendingMs: 1000, settledMs: 15_000, perSecond: 20 },
    changeStream: undefined,
    drainMs: 1000,
    workers: 1,
    logLevel: 'info',
    openTelemetry: undefined,
    warnings: [],
  })
  assert.deepEqual(
    idKeys.map(({ length }) => length),
    [32],
  )
})

test('with everything set, everything is as it was set', () => {
  const config = configOf({
    ...upstream,
    HOST: '0.0.0.0',
    PORT: '0',
    OMA_AUTH: 'client_credentials',
    OMA_TOKEN_URL: 'https://op.example/token?tenant=a',
    OMA_CLIENT_ID: 'gateway',
    OMA_CLIENT_SECRET: 'secret',
    OMA_TIMEOUT_MS: '1',
    REDIS_URL: 'redis://a:6379, rediss://user:pass@b:6380/1',
    CACHE_TTL_S: '0',
    CACHE_STALE_S: '60',
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'twinning',
    JWT_CLOCK_SKEW_S: '5',
    JWKS_STALE_S: '0',
    AUTH: 'on',
    ID_KEY: `${key.toString('base64')},${Buffer.alloc(32, 8).toString('base64url')}`,
    NOTIFY_SECRET: 'n',
    SDL_TARGET: 'plain',
    EXPLORER: 'on',
    CACHE_TAGS: 'off',
    FAST_PATH: 'off',
    COST_MAX: '5000',
    COST_MODE: 'measure',
    LIMIT_MODE: 'measure',
    LIMIT_BODY_BYTES: '1024',
    LIMIT_TOKENS: '2',
    LIMIT_DEPTH: '3',
    LIMIT_ALIASES: '0',
    LIMIT_ROOT_FIELDS: '5',
    LIMIT_DIRECTIVES: '6',
    LIMIT_LIST_LENGTH: '7',
    LIMIT_UPSTREAM_CALLS: '8',
    LIMIT_TIME_MS: '9',
    LIMIT_HEADERS_MS: '100',
    LIMIT_REQUEST_MS: '200',
    LIMIT_CONNECTIONS: '12',
    APQ_MAX: '10',
    APQ_TTL_S: '60',
    CORS_ORIGINS: 'https://app.example, http://localhost:3000',
    RATE_LIMIT: '600',
    RATE_LIMIT_UNAUTHENTICATED: '0',
    RATE_LIMIT_MODE: 'measure',
    TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::1',
    ROUTER_INVALIDATION_URL: 'http://router:3000/invalidation',
    ROUTER_INVALIDATION_KEY: 'k',
    ROUTER_SUBGRAPH_NAME: 'pairs',
    CALLBACK_URLS: 'http://router:4000/callback, https://router.example/',
    POLL_S: '0',
    POLL_PENDING_MS: '500',
    POLL_PER_SECOND: '5',
    CHANGE_STREAM: 'twinning:changes',
    CHANGE_STREAM_MAX_LENGTH: '5000',
    DRAIN_MS: '5000',
    WORKERS: '4',
    LOG_LEVEL: 'silent',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_BSP_SCHEDULE_DELAY: '1000',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_METRIC_EXPORT_INTERVAL: '15000',
    OTEL_SDK_DISABLED: 'false',
  })

  assert.deepEqual(config, {
    host: '0.0.0.0',
    port: 0,
    operators: [
      {
        id: 'default',
        serverRoot: new URL('https://op.example/api'),
        match: ['*'],
        auth: {
          type: 'client_credentials',
          tokenUrl: 'https://op.example/token?tenant=a',
          clientId: 'gateway',
          clientSecret: 'secret',
        },
      },
    ],
    timeoutMs: 1,
    redisUrls: [new URL('redis://a:6379'), new URL('rediss://user:pass@b:6380/1')],
    redisCa: undefined,
    cacheTtlMs: 0,
    cacheStaleMs: 60_000,
    auth: 'on',
    jwksUrl: new URL('https://id.example/jwks'),
    jwtIssuer: 'https://id.example',
    jwtAudience: 'twinning',
    jwtClockSkewS: 5,
    jwksStaleMs: 0,
    idKeys: [key, Buffer.alloc(32, 8)],
    notifySecret: 'n',
    sdlTarget: 'plain',
    explorer: true,
    cacheTags: false,
    fastPath: false,
    cost: { max: 5000, mode: 'measure' },
    limits: {
      mode: 'measure',
      bodyBytes: 1024,
      tokens: 2,
      depth: 3,
      aliases: 0,
      rootFields: 5,
      directives: 6,
      listLength: 7,
      upstreamCalls: 8,
      timeMs: 9,
      headersMs: 100,
      requestMs: 200,
      connections: 12,
    },
    trusted: { mode: 'any', documents: new Map() },
    automatic: { max: 10, ttlMs: 60_000 },
    corsOrigins: new Set(['https://app.example', 'http://localhost:3000']),
    rates: { caller: 600, unauthenticated: 0, mode: 'measure' },
    trustedProxies: ['10.0.0.0/8', '2001:db8::1'],
    routerInvalidation: { url: new URL('http://router:3000/invalidation'), key: 'k', subgraph: 'pairs' },
    callbackUrls: [new URL('http://router:4000/callback'), new URL('https://router.example/')],
    poll: { pendingMs: 500, settledMs: 0, perSecond: 5 },
    changeStream: { key: 'twinning:changes', maxLength: 5000 },
    drainMs: 5000,
    workers: 4,
    logLevel: 'silent',
    openTelemetry: {
      endpoint: new URL('http://collector:4318/otlp'),
      protocol: 'http/json',
      traces: { sampler: 'parentbased_traceidratio', ratio: 0.25, delayMs: 1000 },
      metrics: undefined,
    },
    warnings: [],
  })
})

test('an empty value, or one of white space, counts as unset', () => {
  assert.deepEqual(readConfig(Object.fromEntries(settingNames.map((name) => [name, ' \t']))), readConfig({}))
})

test('white space around a value is no part of it', () => {
  assert.equal(configOf({ PORT: ' 4001\n' }).port, 4001)
})

for (const [auth, given, expected] of [
  ['none', {}, { type: 'none' }],
  ['forward', {}, { type: 'forward' }],
  ['token', { OMA_ACCESS_TOKEN: 't' }, { type: 'token', accessToken: 't' }],
] as const)
  test(`OMA_AUTH=${auth} is how the one operator is asked`, () => {
    assert.deepEqual(configOf({ ...upstream, OMA_AUTH: auth, ...given }).operators[0]?.auth, expected)
  })

for (const [environment, explorer] of [
  [{}, true],
  [{ EXPLORER: 'off' }, false],
  [upstream, false],
  [{ ...upstream, EXPLORER: 'on' }, true],
] as const)
  test(`the explorer is ${explorer ? 'on' : 'off'} with ${Object.keys(environment).join(', ') || 'nothing set'}`, () => {
    assert.equal(configOf(environment).explorer, explorer)
  })

const allowed = 'expected redis:// or rediss:// URLs, separated by commas'
const keys = 'expected 32 bytes in base64, or several such keys separated by commas'
const base = 'expected an http or https URL without credentials, query and fragment'
const endpoint = 'expected an http or https URL without credentials and fragment'
const networks = 'expected IP addresses or networks (10.0.0.0/8), separated by commas'
const port = 'expected a whole number from 0 to 65535'
const origins = 'expected origins such as https://app.example, separated by commas, or * for any'
const wrong: [variable: string, value: string, fault: string][] = [
  ['PORT', '65536', port],
  ['PORT', '-1', port],
  ['PORT', '4e3', port],
  ['PORT', '4000.5', port],
  ['PORT', 'http', port],
  ...['10.0.0.0/33', '10.0.0', 'proxy.example', '::1/129', '10.0.0.1/8/8', '10.0.0.1,'].map(
    (value): [string, string, string] => ['TRUSTED_PROXIES', value, networks],
  ),
  ['RATE_LIMIT', '-1', 'expected a whole number from 0 to 999999999'],
  ['RATE_LIMIT_MODE', 'on', 'expected enforce or measure'],
  ['OMA_TIMEOUT_MS', '0', 'expected a whole number from 1 to 600000'],
  ['OMA_TIMEOUT_MS', '600001', 'expected a whole number from 1 to 600000'],
  ['CACHE_TTL_S', '86401', 'expected a whole number from 0 to 86400'],
  ['CACHE_STALE_S', 'long', 'expected a whole number from 0 to 604800'],
  ['OMA_SERVER_ROOT', 'op.example', base],
  ['OMA_SERVER_ROOT', 'localhost:8080', base],
  ['OMA_SERVER_ROOT', 'ftp://op.example', base],
  ['OMA_SERVER_ROOT', 'https://user:pass@op.example', base],
  ['OMA_SERVER_ROOT', 'https://op.example/?x=1', base],
  ['OMA_SERVER_ROOT', 'https://op.example/#x', base],
  ['JWKS_URL', 'jwks.json', endpoint],
  ['JWKS_URL', 'https://user:pass@id.example', endpoint],
  ['OMA_TOKEN_URL', 'file:///token', endpoint],
  ['OMA_AUTH', 'basic', 'expected none, token, client_credentials or forward'],
  ['REDIS_URL', 'localhost:6379', allowed],
  ['REDIS_URL', 'redis://a,http://b', allowed],
  ['REDIS_URL', 'redis://a,', allowed],
  ['AUTH', 'no', 'expected on or off'],
  ['AUTH', 'OFF', 'expected on or off'],
  ['EXPLORER', 'true', 'expected on or off'],
  ['ID_KEY', 'short', keys],
  ['ID_KEY', Buffer.alloc(31).toString('base64'), keys],
  ['ID_KEY', Buffer.alloc(33).toString('base64'), keys],
  ['ID_KEY', `${key.toString('base64')},`, keys],
  ['SDL_TARGET', 'apollo', 'expected full or plain'],
  ['LIMIT_MODE', 'on', 'expected enforce or measure'],
  ['LIMIT_BODY_BYTES', '1023', 'expected a whole number from 1024 to 67108864'],
  ['LIMIT_DEPTH', '0', 'expected a whole number from 1 to 1000'],
  ['LIMIT_ALIASES', '-1', 'expected a whole number from 0 to 100000'],
  ['CHANGE_STREAM_MAX_LENGTH', '99', 'expected a whole number from 100 to 100000000'],
  ['TRUSTED_DOCUMENTS', '/nowhere/documents.json', 'expected the path of a file that can be read'],
  ['TRUSTED_DOCUMENTS_MODE', 'on', 'expected any, prefer or only'],
  ['CORS_ORIGINS', 'app.example', origins],
  ['CORS_ORIGINS', 'https://app.example/', origins],
  ['CORS_ORIGINS', 'https://App.example', origins],
  ['CORS_ORIGINS', '*,https://app.example', origins],
  ['CORS_ORIGINS', 'null', origins],
  ['LIMIT_TIME_MS', '1s', 'expected a whole number from 1 to 600000'],
  ['LOG_LEVEL', 'verbose', 'expected fatal, error, warn, info, debug, trace or silent'],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'collector:4318',
    'expected an http or https URL without credentials, query and fragment',
  ],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'expected http/protobuf or http/json'],
  ['OTEL_TRACES_EXPORTER', 'jaeger', 'expected otlp or none'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'expected a number from 0 to 1'],
  ['OTEL_SDK_DISABLED', 'on', 'expected true or false'],
  ['OMA_OPERATORS_FILE', '/nowhere/operators.json', 'expected the path of a file that can be read'],
]
for (const [variable, value, fault] of wrong)
  test(`${variable}=${value.slice(0, 50)} is refused with what is allowed`, () => {
    assert.deepEqual(problemsOf({ AUTH: variable === 'AUTH' ? '' : 'off', [variable]: value }), [
      `${variable}: ${fault}`,
    ])
  })

test('without an endpoint, or disabled, nothing is exported', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

  assert.equal(configOf({ OTEL_TRACES_SAMPLER: 'always_on' }).openTelemetry, undefined)
  assert.equal(configOf({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).openTelemetry, undefined)
  assert.ok(configOf(endpoint).openTelemetry)
})

const needsJwks =
  'JWKS_URL: expected the URL of the key set that signs access tokens; AUTH=off lets everybody do everything'

test('with a real upstream and no JWKS_URL there is no start, unless AUTH=off says that it is meant', () => {
  const { OMA_SERVER_ROOT } = upstream

  assert.deepEqual(problemsOf({ OMA_SERVER_ROOT }), [needsJwks])
  assert.deepEqual(problemsOf({ OMA_SERVER_ROOT, AUTH: 'on' }), [needsJwks])
  assert.equal(configOf({ OMA_SERVER_ROOT, AUTH: 'off' }).auth, 'off')
})

test('client_credentials and token need all that they are made of', () => {
  assert.deepEqual(problemsOf({ ...upstream, OMA_AUTH: 'token' }), [
    'OMA_ACCESS_TOKEN: expected a token, for OMA_AUTH=token',
  ])
  assert.deepEqual(problemsOf({ ...upstream, OMA_AUTH: 'client_credentials' }), [
    'OMA_TOKEN_URL: expected to be set, for OMA_AUTH=client_credentials',
    'OMA_CLIENT_ID: expected to be set, for OMA_AUTH=client_credentials',
    'OMA_CLIENT_SECRET: expected to be set, for OMA_AUTH=client_credentials',
  ])
})

for (const [auth, given] of [
  ['token', { OMA_ACCESS_TOKEN: 't' }],
  ['client_credentials', { OMA_TOKEN_URL: 'https://a.example', OMA_CLIENT_ID: 'a', OMA_CLIENT_SECRET: 's' }],
  ['forward', {}],
] as const)
  test(`OMA_AUTH=${auth} without an operator is a setting forgotten, and no wish for the sandbox`, () => {
    assert.deepEqual(problemsOf({ OMA_AUTH: auth, ...given }), [
      `OMA_SERVER_ROOT: expected to be set, for OMA_AUTH=${auth}`,
    ])
  })

test('CHANGE_STREAM needs a Redis and, in front of real operators, a key that makes ids opaque', () => {
  const CHANGE_STREAM = 'changes'
  const redis = { REDIS_URL: 'redis://r' }
  const needsKey = 'ID_KEY: expected to be set where CHANGE_STREAM is: ids hide no phone numbers without it'

  assert.deepEqual(problemsOf({ CHANGE_STREAM }), ['REDIS_URL: expected to be set where CHANGE_STREAM is'])
  assert.deepEqual(problemsOf({ ...upstream, ...redis, CHANGE_STREAM }), [needsKey])
  assert.deepEqual(problemsOf({ ...redis, CHANGE_STREAM: 'two words' }), [
    'CHANGE_STREAM: expected a key of Redis: letters, digits and any of . _ - : { }',
  ])
  assert.deepEqual(configOf({ ...redis, CHANGE_STREAM }).changeStream, { key: 'changes', maxLength: 100_000 })
})

test('all faults are told at once, those between settings too, and no value is quoted', () => {
  const problems = problemsOf({
    PORT: 'sekret-1',
    OMA_SERVER_ROOT: 'sekret-2',
    OMA_AUTH: 'token',
    REDIS_URL: 'http://user:sekret-3@host',
    ID_KEY: 'sekret-4',
    LOG_LEVEL: 'sekret-5',
    NOTIFY_SECRET: 'sekret-6',
  })

  assert.deepEqual(
    problems.map((line) => line.split(':')[0]),
    ['PORT', 'OMA_SERVER_ROOT', 'REDIS_URL', 'ID_KEY', 'LOG_LEVEL', 'OMA_ACCESS_TOKEN', 'JWKS_URL'],
  )
  assert.doesNotMatch(problems.join('\n'), /sekret/)
})

test('what is meant to be insecure is warned of', () => {
  const { OMA_SERVER_ROOT } = upstream
  const noKey =
    'ID_KEY is unset: ids are made with a key that everybody knows, which hides phone numbers from nobody who looks'

  assert.deepEqual(configOf({ AUTH: 'off' }).warnings, ['AUTH=off: every caller may do everything'])
  assert.deepEqual(configOf({ OMA_SERVER_ROOT, AUTH: 'off' }).warnings, [
    'AUTH=off: every caller may do everything',
    noKey,
  ])
  assert.deepEqual(configOf(upstream).warnings, [
    noKey,
    'JWT_ISSUER is unset: tokens for any issuer that these keys have signed are accepted',
    'JWT_AUDIENCE is unset: tokens for any audience that these keys have signed are accepted',
  ])
})

test('the key of ids without ID_KEY depends on nothing, so that ids survive a change of operators', () => {
  assert.deepEqual(configOf(upstream).idKeys, configOf({}).idKeys)
})

test('TRUSTED_DOCUMENTS is a file of documents by their ids, and prefer and only need one', (t) => {
  const hash = 'a'.repeat(64)
  const documents = { [hash]: 'query Q { __typename }' }
  const only = { TRUSTED_DOCUMENTS_MODE: 'only', TRUSTED_DOCUMENTS: write(t, documents) }

  assert.deepEqual(configOf(only).trusted, { mode: 'only', documents: new Map(Object.entries(documents)) })
  assert.deepEqual(problemsOf({ TRUSTED_DOCUMENTS_MODE: 'prefer' }), [
    'TRUSTED_DOCUMENTS: expected to be set, for TRUSTED_DOCUMENTS_MODE=prefer',
  ])
  assert.deepEqual(problemsOf({ ...only, APQ_MAX: '1' }), [
    'APQ_MAX: expected to be 0 where TRUSTED_DOCUMENTS_MODE is only',
  ])
  for (const [file, fault] of [
    [[], 'expected a file that holds a JSON object of documents by their ids'],
    [{ [hash]: 1 }, 'expected a file that holds a JSON object of documents by their ids'],
    [{ [hash]: '{' }, `expected GraphQL documents, got something else at "${hash}"`],
  ] as const)
    assert.deepEqual(problemsOf({ TRUSTED_DOCUMENTS: write(t, file) }), [`TRUSTED_DOCUMENTS: ${fault}`])
})

test('OMA_OPERATORS_FILE gives several operators, with secrets out of the environment', (t) => {
  const file = write(t, [
    {
      id: 'alpha',
      serverRoot: 'https://alpha.example/api',
      match: ['tel:+1555'],
      auth: { type: 'token', accessToken: '$ALPHA' },
    },
    { id: 'beta', serverRoot: 'https://beta.example', match: ['tel:+1556'] },
  ])

  const { operators } = configOf({
    OMA_OPERATORS_FILE: file,
    ALPHA: 'sekret',
    JWKS_URL: upstream.JWKS_URL,
    // As in .env.example, which is meant to be copied.
    OMA_AUTH: 'none',
  })

  assert.deepEqual(operators, [
    {
      id: 'alpha',
      serverRoot: new URL('https://alpha.example/api'),
      match: ['tel:+1555'],
      auth: { type: 'token', accessToken: 'sekret' },
    },
    { id: 'beta', serverRoot: new URL('https://beta.example'), match: ['tel:+1556'], auth: { type: 'none' } },
  ])
})

test('the one operator and the list of several exclude each other', (t) => {
  const file = write(t, [{ id: 'a', serverRoot: 'https://a.example', match: ['*'] }])

  assert.deepEqual(problemsOf({ ...upstream, OMA_OPERATORS_FILE: file, OMA_AUTH: 'forward' }), [
    'OMA_OPERATORS_FILE: expected to be unset where OMA_SERVER_ROOT is set: give the one operator or the list',
    'OMA_AUTH: expected to be unset where OMA_OPERATORS_FILE is set: there each operator has its own auth',
  ])
})

test('faults of the file are told beside those of the other settings', (t) => {
  const file = write(t, [{ id: 'A', serverRoot: 'x', match: [] }])

  assert.deepEqual(problemsOf({ PORT: 'x', OMA_OPERATORS_FILE: file }), [
    `PORT: ${port}`,
    needsJwks,
    'OMA_OPERATORS_FILE: [0].id: expected up to 32 of a-z, 0-9, _ and -, a letter or digit first',
    `OMA_OPERATORS_FILE: [0].serverRoot: ${base}`,
    'OMA_OPERATORS_FILE: [0].match: expected at least one pattern',
  ])
})

function write(t: TestContext, operators: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'operators-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'operators.json')
  writeFileSync(file, JSON.stringify(operators))
  return file
}
