import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'node:test'

// What a folder, or a file that stands alone, may import. What is not listed is forbidden.
const base = ['domain', 'errors', 'telemetry/channels', 'telemetry/redaction', 'telemetry/trail']
const reach: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  errors: [],
  'telemetry/channels': ['errors'],
  'telemetry/redaction': [],
  'telemetry/trail': ['telemetry/traceContext'],
  'telemetry/traceContext': [],
  'telemetry/explanation': ['telemetry/trail'],
  'telemetry/spans': ['telemetry/traceContext', 'telemetry/trail'],
  telemetry: [
    'telemetry',
    'telemetry/channels',
    'telemetry/redaction',
    'telemetry/spans',
    'telemetry/traceContext',
    'telemetry/trail',
    'config',
    'errors',
  ],
  config: ['config', 'domain'],
  oma: ['oma', ...base],
  upstream: ['upstream', 'oma', 'config', ...base],
  redis: ['redis', ...base],
  cache: ['cache', 'redis', ...base],
  changes: ['cache', ...base],
  router: ['router', ...base],
  warehouse: ['warehouse', 'changes', 'redis', ...base],
  auth: ['auth', 'redis', ...base],
  limits: ['limits', 'auth', 'redis', ...base],
  twinnings: ['twinnings', 'auth', 'cache', 'changes', 'redis', 'upstream', ...base],
  graphql: ['graphql', 'twinnings', 'auth', 'changes', 'telemetry/explanation', ...base],
  fast: ['fast', 'auth', 'cache', 'graphql', 'twinnings', 'upstream', ...base],
  http: [
    'http',
    'fast',
    'auth',
    'graphql',
    'changes',
    'limits',
    'oma',
    'router',
    'telemetry/explanation',
    'telemetry/spans',
    'telemetry/traceContext',
    'upstream',
    ...base,
  ],
  app: [
    ...base,
    'auth',
    'cache',
    'changes',
    'config',
    'fast',
    'graphql',
    'http',
    'inFront',
    'perRequest',
    'limits',
    'redis',
    'router',
    'telemetry',
    'twinnings',
    'upstream',
    'warehouse',
  ],
  perRequest: ['auth', 'cache', 'changes', 'config', 'graphql', 'http', 'twinnings', 'upstream', ...base],
  inFront: ['cache', 'config', 'fast', 'graphql', 'http'],
  banner: ['http', 'sandbox'],
  demo: ['http', 'sandbox'],
  sandboxed: ['config', 'sandbox'],
  workers: ['telemetry'],
  main: ['run'],
  run: [
    'app',
    'banner',
    'config',
    'demo',
    'sandbox',
    'sandboxed',
    'telemetry',
    'telemetry/channels',
    'workers',
  ],
  // A peer: what it shared with the gateway beyond the wire's types, a mistake there would hide.
  sandbox: ['sandbox', 'oma/wire'],
}

const files = globSync('src/**/*.ts')

test('there are files of src to look at', () => {
  assert.ok(files.length > 50, `found ${files.length}`)
})

test('imports point one way', () => {
  const forbidden = files.flatMap((file) => {
    const allowed = reach[layerOf(file)] ?? []
    return importsOf(file)
      .filter((target) => !allowed.includes(layerOf(target)) && !allowed.includes(withoutEnds(target)))
      .map((target) => `${file} must not import ${target}`)
  })

  assert.deepEqual(forbidden, [])
})

test('every file of src belongs to a layer', () => {
  assert.deepEqual(
    [...new Set(files.map(layerOf))].filter((layer) => !(layer in reach)),
    [],
  )
})

test('no file of src imports itself in a circle, types aside', () => {
  const circles = files.filter((file) => reachable(file).has(file))

  assert.deepEqual(circles, [])
})

test('the sandbox takes nothing but types from the wire', () => {
  const values = files
    .filter((file) => layerOf(file) === 'sandbox')
    .filter((file) => /^import (?!type).*oma\/wire/m.test(readFileSync(file, 'utf8')))

  assert.deepEqual(values, [])
})

function layerOf(file: string): string {
  const path = withoutEnds(file)
  if (path in reach) return path
  return path.split('/')[0] ?? path
}

function withoutEnds(file: string): string {
  return file.replace(/^src\/|\.ts$/g, '')
}

function importsOf(
  file: string,
  pattern = /from '(\.{1,2}\/[^']+)'|import\('(\.{1,2}\/[^']+)'\)/g,
): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) =>
    join(dirname(file), match[1] ?? match[2] ?? ''),
  )
}

function reachable(start: string): Set<string> {
  const seen = new Set<string>()
  const waiting = [start]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop())
    for (const target of importsOf(file, /^(?:import|export) (?!type)[^;]*?from '(\.{1,2}\/[^']+)'/gm))
      if (!seen.has(target)) {
        seen.add(target)
        waiting.push(target)
      }
  return seen
}
