// Everything that gateways emit in a test run, and all that must not be in it. `npm test` gives a folder for it (see
// wholeRun.ts), in which each test process writes; without one nothing is kept.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const folderVariable = 'TEST_EMISSIONS_FOLDER'

type Kind = 'log' | 'metrics' | 'errors' | 'output' | 'known'

/** Whether anything is to be kept. */
export const isKept = () => process.env[folderVariable] !== undefined

/** Keeps what a gateway has emitted. */
export function keep(kind: Kind, text: string): void {
  const folder = process.env[folderVariable]
  if (folder !== undefined)
    appendFileSync(join(folder, `${process.pid}.${kind}`), text.endsWith('\n') ? text : `${text}\n`)
}

// Names and codes that are no words or numbers of anybody's log by chance.
const isTelling = (value: string) => value.length >= 6 && /[A-Z\d]|[^\x20-\x7e]/.test(value)

/** Notes the personal data in an answer, which a caller may have and nobody else. */
export function know(value: unknown, key = ''): void {
  if (!isKept()) return
  if (Array.isArray(value)) for (const one of value) know(one, key)
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) know(member, name)
  else if (typeof value === 'string' && value !== '') {
    if (/^(?:activationCode|authCode)$/.test(key) && isTelling(value))
      keep('known', JSON.stringify({ kind: 'code', value }))
    if (/address$/i.test(key)) keep('known', JSON.stringify({ kind: 'address', value }))
    if (key === 'name' && isTelling(value)) keep('known', JSON.stringify({ kind: 'name', value }))
    if (key === 'token') keep('known', JSON.stringify({ kind: 'token', value }))
  }
}

export type Emissions = Readonly<Record<Exclude<Kind, 'known'>, string>> & {
  readonly known: readonly { readonly kind: string; readonly value: string }[]
}

export function readEmissions(folder: string): Emissions {
  const files = readdirSync(folder)
  const all = (kind: Kind) =>
    files
      .filter((file) => file.endsWith(`.${kind}`))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('')
  const lines = [...new Set(all('known').split('\n'))].filter((line) => line !== '')
  return {
    log: all('log'),
    metrics: all('metrics'),
    errors: all('errors'),
    output: all('output'),
    known: lines.map((line) => JSON.parse(line) as { kind: string; value: string }),
  }
}

const forms: Readonly<Record<string, RegExp>> = {
  'an address': /\b(?:tel|sips?|acr)(?::|%3a)[^\s"'<>\\,;)}\]*]{3,}|(?:\+|%2b)1?555\d{3,}/i,
  'a token': /\beyJ[\w-]{5,}\./,
  'a credential': /\b(?:bearer|basic) +(?!\[redacted\])[\w.~+/=-]{8,}/i,
}

/** Where a value stands by itself, and not as a part of a longer word or number; -1 for nowhere. */
function placeOf(value: string, text: string): number {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + value.length] ?? ' '}`
    if (!/[\w.]/.test(around)) return at
  }
  return -1
}

/** What must not be there, each with the place where it was found. */
export function leaksIn({ log, metrics, errors, output, known }: Emissions): string[] {
  const leaks: string[] = []
  const find = (what: string, where: string, text: string, at: number) => {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at))
    leaks.push(`${what} in ${where}: ${line.slice(0, 400)}`)
  }
  const others = { log, metrics, output }
  for (const [where, text] of Object.entries(others)) {
    for (const [what, form] of Object.entries(forms)) {
      const at = text.search(form)
      if (at >= 0) find(what, where, text, at)
    }
    for (const { kind, value } of known) {
      const at = placeOf(value, text)
      if (at >= 0) find(`a ${kind} that a caller has seen`, where, text, at)
    }
  }
  // A caller may be told the address of which it asked.
  for (const what of ['a token', 'a credential']) {
    const at = errors.search(forms[what]!)
    if (at >= 0) find(what, 'errors', errors, at)
  }
  for (const { kind, value } of known) {
    const at = kind === 'code' || kind === 'token' ? placeOf(value, errors) : -1
    if (at >= 0) find(`a ${kind} that a caller has seen`, 'errors', errors, at)
  }
  return leaks
}

/** What a whole run must have emitted, for its check to be one. */
export function lacksIn({ log, metrics, errors, output, known }: Emissions): string[] {
  const count = (text: string, part: string) => text.split(part).length - 1
  const counts: [what: string, found: number, atLeast: number][] = [
    ['lines of requests', count(log, '"msg":"request"'), 1500],
    ['lines of requests to operators', count(log, '"msg":"upstream request"'), 500],
    ['warnings', count(log, '"level":40'), 20],
    ['scrapes of metrics', count(metrics, '# HELP twinning_upstream'), 100],
    ['errors', count(errors, '"message"'), 100],
    ['lines of gateways that are processes', count(output, '"msg":"request"'), 5],
    ...(['code', 'address', 'name', 'token'] as const).map((kind): [string, number, number] => [
      `values: ${kind}`,
      known.filter((one) => one.kind === kind).length,
      5,
    ]),
  ]
  return counts
    .filter(([, found, atLeast]) => found < atLeast)
    .map(([what, found, atLeast]) => `${what}: expected at least ${atLeast}, found ${found}`)
}
