import { z } from 'zod'
import { isPattern, normalPattern } from '../domain/match.ts'
import { readTls, type Tls } from './tls.ts'

/** How the gateway authenticates to an operator. */
export type OperatorAuth =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly accessToken: string }
  | {
      readonly type: 'client_credentials'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope?: string | undefined
    }
  | { readonly type: 'forward' }

/** One operator: where its API is, whose devices are its own, and how it is asked. */
export type Operator = {
  readonly id: string
  readonly serverRoot: URL
  /** See `compilePattern` for what a pattern says. */
  readonly match: readonly string[]
  readonly auth: OperatorAuth
  readonly tls?: Tls | undefined
}

/** Settings as a process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Something wrong with the settings: which one, what is wrong with it, what is allowed. */
export type Problem = { readonly variable: string; readonly fault: string }

const text = z.string({ error: 'expected a text' }).min(1, 'expected a text, got an empty one')

/** An absolute http or https URL that can be a base: no credentials, query or fragment. */
export const baseUrl = text.refine(
  (value) => isHttpUrl(value) && new URL(value).search === '',
  'expected an http or https URL without credentials, query and fragment',
)

/** An absolute http or https URL that is called as it is; a query is part of some (RFC 6749 §3.2). */
export const endpointUrl = text.refine(
  isHttpUrl,
  'expected an http or https URL without credentials and fragment',
)

/** `auth` of an operator, once its `$NAME` values are replaced. */
export const operatorAuth = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('token'), accessToken: text }),
    z.strictObject({
      type: z.literal('client_credentials'),
      tokenUrl: endpointUrl,
      clientId: text,
      clientSecret: text,
      scope: text.optional(),
    }),
    z.strictObject({ type: z.literal('forward') }),
  ],
  { error: 'expected an object whose type is none, token, client_credentials or forward' },
)

const operator = z.strictObject({
  id: z
    .string({ error: 'expected a text' })
    .regex(/^[a-z\d][a-z\d_-]{0,31}$/, 'expected up to 32 of a-z, 0-9, _ and -, a letter or digit first'),
  serverRoot: baseUrl,
  match: z
    .array(text.refine(isPattern, 'expected an address, the beginning of one, or one with a * in it'), {
      error: 'expected a list of patterns',
    })
    .min(1, 'expected at least one pattern'),
  auth: operatorAuth.default({ type: 'none' }),
  tls: z.strictObject({ ca: text.optional(), cert: text.optional(), key: text.optional() }).optional(),
})

const operators = z
  .array(operator, { error: 'expected a list of operators' })
  .min(1, 'expected at least one operator')

/**
 * Reads the text of an operators file. Values `"$NAME"` inside `auth` are taken from the environment.
 * Answers every problem at once, none of which quotes a value.
 */
export function parseOperators(
  fileText: string,
  environment: Environment,
): { operators: readonly Operator[] } | { problems: readonly Problem[] } {
  const problem = (fault: string): Problem => ({ variable: 'OMA_OPERATORS_FILE', fault })
  let json: unknown
  try {
    json = JSON.parse(fileText)
  } catch {
    return { problems: [problem('expected a file that holds JSON')] }
  }
  const missing = new Set<string>()
  const result = operators.safeParse(withSecrets(json, environment, missing))
  const problems = [...missing].map((name) => problem(`names $${name}, but no such variable is set`))
  if (!result.success) {
    problems.push(...result.error.issues.map((issue) => problem(`${pathOf(issue.path)}${issue.message}`)))
    return { problems }
  }
  problems.push(...repeated(result.data).map(problem))
  const list = result.data.map(({ tls: paths, ...o }, i): Operator => {
    const read = readTls(paths ?? {})
    if ('faults' in read)
      problems.push(...read.faults.map(({ part, fault }) => problem(`[${i}].tls.${part}: ${fault}`)))
    const tls = 'tls' in read && paths ? { tls: read.tls } : {}
    return { ...o, serverRoot: new URL(o.serverRoot), ...tls }
  })
  return problems.length > 0 ? { problems } : { operators: list }
}

// Passes for a text and for a URL, so that a variable that is missing is one problem and not two.
const placeholder = 'https://missing.invalid'

function withSecrets(json: unknown, environment: Environment, missing: Set<string>): unknown {
  if (!Array.isArray(json)) return json
  return json.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('auth' in entry)) return entry
    const { auth } = entry
    if (typeof auth !== 'object' || auth === null) return entry
    const pairs = Object.entries(auth).map(([key, value]: [string, unknown]) => {
      if (typeof value !== 'string' || !value.startsWith('$')) return [key, value]
      const found = environment[value.slice(1)]
      if (!found) missing.add(value.slice(1))
      return [key, found || placeholder]
    })
    return { ...entry, auth: Object.fromEntries(pairs) as unknown }
  })
}

/** One id, and one pattern, belong to one operator: else the order of the file would decide. */
function repeated(list: readonly { id: string; match: readonly string[] }[]): string[] {
  const twice = (values: readonly string[], normal = (value: string) => value) => {
    const normals = values.map(normal)
    return [...new Set(values.filter((_, i) => normals.indexOf(normals[i] ?? '') !== i))]
  }
  return [
    ...twice(list.map((o) => o.id)).map((id) => `the id "${id}" stands there twice`),
    ...twice(
      list.flatMap((o) => o.match),
      normalPattern,
    ).map((pattern) => `the pattern "${pattern}" stands there twice`),
  ]
}

function pathOf(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return steps === '' ? '' : `${steps.replace(/^\./, '')}: `
}

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash
}
