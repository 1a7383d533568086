import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const formats = ['csv', 'ndjson', 'parquet'] as const
export type Format = (typeof formats)[number]

export type Options = {
  /** A path, or `-` for standard input. */
  readonly addresses: string
  readonly format: Format
  readonly url: URL
  /** Read anew for each request, so that a file may be renewed while a long export goes on. */
  readonly token: () => string | undefined
  /** Unset: standard output. */
  readonly out: string | undefined
  readonly batch: number
  /** Devices in a second. */
  readonly rate: number
  readonly isClear: boolean
  readonly isRetry: boolean
}

/** The command was called in a way that makes no sense. */
export class WrongUsage extends Error {}

export const help = `npm run --silent export -- --addresses FILE --out FILE [options]

Writes the twinnings of any number of devices into a file, read through the gateway.

  --addresses FILE   one address per line; blank lines and lines with # are skipped; - is standard input
  --format FORMAT    csv (default), ndjson or parquet
  --out FILE         where to; without it to standard output, which can't be resumed (nor be parquet)
  --url URL          the gateway's GraphQL (default http://127.0.0.1:4000/graphql)
  --token-file FILE  holds the access token; without it the environment's TWINNING_TOKEN is used
  --clear            names, and addresses unmasked, as far as the token allows
  --rate N           devices in a second (default 20)
  --batch N          devices in a request, from 1 to 500 (default 50)
  --retry-failed     asks again for the devices in OUT.failed
  --help             this

The same command again goes on where the last one was broken off. Beside OUT it keeps OUT.checkpoint,
OUT.failed (devices that could not be read, and why) and OUT.rejects (lines that are no addresses).
Exit code: 0, 1 where some devices failed, 2 for wrong usage, 3 where it stopped before the end.`

/** Throws `WrongUsage`; `undefined` where help is asked for. */
export function readOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Options | undefined {
  const given = parse(args)
  if (given.help) return undefined
  // npm runs scripts at the top of the project, wherever a person has called it.
  const path = (name: string) => resolve(environment.INIT_CWD ?? '.', name)
  if (given.addresses === undefined && !given['retry-failed']) throw new WrongUsage('--addresses is missing')
  const addresses = given.addresses ?? '-'
  const out = given.out === undefined ? undefined : path(given.out)
  const format = formats.find((name) => name === given.format)
  if (!format) throw new WrongUsage(`--format: expected one of ${formats.join(', ')}`)
  if (out === undefined && given['retry-failed']) throw new WrongUsage('--retry-failed needs --out')
  if (out === undefined && format === 'parquet') throw new WrongUsage('--format parquet needs --out')
  return {
    addresses: addresses === '-' ? '-' : path(addresses),
    format,
    url: readUrl(given.url),
    token: tokenFrom(given['token-file'] === undefined ? undefined : path(given['token-file']), environment),
    out,
    batch: readNumber('--batch', given.batch, { max: 500, isWhole: true }),
    rate: readNumber('--rate', given.rate, { max: 100_000, isWhole: false }),
    isClear: given.clear,
    isRetry: given['retry-failed'],
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        addresses: { type: 'string' },
        format: { type: 'string', default: 'csv' },
        out: { type: 'string' },
        url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
        'token-file': { type: 'string' },
        clear: { type: 'boolean', default: false },
        rate: { type: 'string', default: '20' },
        batch: { type: 'string', default: '50' },
        'retry-failed': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error))
  }
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new WrongUsage('--url: expected an http or https URL')
  return url
}

function readNumber(name: string, text: string, { max, isWhole }: { max: number; isWhole: boolean }): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value <= max) || (isWhole && !Number.isInteger(value)))
    throw new WrongUsage(`${name}: expected a ${isWhole ? 'whole ' : ''}number above 0, at most ${max}`)
  return value
}

function tokenFrom(file: string | undefined, environment: NodeJS.ProcessEnv): () => string | undefined {
  const read = () => (file === undefined ? environment.TWINNING_TOKEN : readFileSync(file, 'utf8'))?.trim()
  try {
    const token = read()
    if (token !== undefined && !/^[\w\-.~+/]+=*$/.test(token)) throw new WrongUsage('this is no access token')
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage('--token-file: can’t be read')
  }
  return read
}
