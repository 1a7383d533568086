import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseAddress, type DeviceAddress } from '../../src/domain/address.ts'

export type Reject = { readonly line: number; readonly text: string }

/** What stands in some lines of the input. */
export type Batch = {
  readonly addresses: readonly DeviceAddress[]
  readonly rejects: readonly Reject[]
  /** The number of its last line. */
  readonly line: number
  /** Of all lines up to there. */
  readonly digest: string
}

/** The lines before `from` are other ones than when that was written. */
export class OtherInput extends Error {}

/** Where an earlier run has got to. */
export type Position = { readonly line: number; readonly digest: string }

/** Of no lines at all. */
export const start: Position = { line: 0, digest: createHash('sha256').digest('hex') }

/** The addresses after `from`, `size` at a time. */
export async function* readBatches(path: string, from: Position, size: number): AsyncGenerator<Batch> {
  const hash = createHash('sha256')
  const digest = () => hash.copy().digest('hex')
  let line = 0
  let addresses: DeviceAddress[] = []
  let rejects: Reject[] = []
  for await (const text of linesOf(path)) {
    line++
    hash.update(`${text}\n`)
    if (line === from.line && digest() !== from.digest) throw new OtherInput()
    if (line <= from.line) continue
    const read = readLine(text)
    if (read === 'nonsense') rejects.push({ line, text })
    else if (read !== undefined) addresses.push(read)
    if (addresses.length < size && rejects.length < 1000) continue
    yield { addresses, rejects, line, digest: digest() }
    addresses = []
    rejects = []
  }
  if (line < from.line) throw new OtherInput()
  if (line > from.line) yield { addresses, rejects, line, digest: digest() }
}

/** How many addresses there are to read, for the progress; `undefined` where that can't be known beforehand. */
export async function countAddresses(path: string): Promise<number | undefined> {
  if (path === '-') return undefined
  let count = 0
  for await (const text of linesOf(path)) if (!isSkipped(text)) count++
  return count
}

function readLine(text: string): DeviceAddress | 'nonsense' | undefined {
  if (isSkipped(text)) return undefined
  // A list of failed devices has the code of the error after a tab.
  return parseAddress(text.split('\t', 1).join('').trim()) ?? 'nonsense'
}

function isSkipped(text: string): boolean {
  const trimmed = text.trim()
  return trimmed === '' || trimmed.startsWith('#')
}

function linesOf(path: string): AsyncIterable<string> {
  const input = path === '-' ? process.stdin : createReadStream(path)
  return createInterface({ input, crlfDelay: Infinity })
}
