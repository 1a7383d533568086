// Where rows go, and devices that failed, and lines that are no addresses.
import { once } from 'node:events'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { noTotals, readCheckpoint, writeCheckpoint, type Checkpoint, type Totals } from './checkpoint.ts'
import type { Failure } from './gateway.ts'
import { start, type Batch, type Position, type Reject } from './input.ts'
import { WrongUsage, type Options } from './options.ts'

/** What came of a batch. */
export type Piece = Pick<Batch, 'line' | 'digest' | 'rejects'> & {
  readonly rows: string
  readonly failures: readonly Failure[]
  readonly counts: Pick<Totals, 'devices' | 'twinnings' | 'leftOut'>
}
export type Output = {
  /** The input that is to be read, and from where. */
  readonly input: string
  readonly from: Position
  readonly totals: () => Totals
  readonly append: (piece: Piece) => Promise<void>
  /** All has been read. */
  readonly finish: () => Promise<void>
  readonly close: () => Promise<void>
}

export function sumOf(totals: Totals, { failures, rejects, counts }: Piece): Totals {
  return {
    devices: totals.devices + counts.devices,
    twinnings: totals.twinnings + counts.twinnings,
    failed: totals.failed + failures.length,
    rejected: totals.rejected + rejects.length,
    leftOut: totals.leftOut + counts.leftOut,
  }
}

export async function createStdout(input: string, head: string): Promise<Output> {
  let totals = noTotals
  const write = async (text: string) => {
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain')
  }
  await write(head)
  return {
    input,
    from: start,
    totals: () => totals,
    append: async (piece) => {
      await write(piece.rows)
      totals = sumOf(totals, piece)
    },
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

export const partOf = ({ out, format }: { out: string; format: Options['format'] }) =>
  format === 'parquet' ? `${out}.part` : out

type To = Pick<Options, 'addresses' | 'format' | 'isClear' | 'isRetry'> & { readonly out: string }

/** A file that an earlier run may have begun. */
export async function openOutput(options: To, head: string): Promise<Output> {
  const { out, isRetry } = options
  const file = `${out}.checkpoint`
  const begun = readCheckpoint(file)
  let checkpoint = begun ?? beginning(options)
  refuseStrange(options, begun)
  const save = (changed: Partial<Checkpoint>) =>
    writeCheckpoint(file, (checkpoint = { ...checkpoint, ...changed }))
  await save({})
  if (isRetry && !checkpoint.retry) {
    takeFailed(out, checkpoint.bytes.failed)
    const { bytes, totals } = checkpoint
    await save({ retry: start, bytes: { ...bytes, failed: 0 }, totals: { ...totals, failed: 0 } })
  }
  const files = {
    data: await openAt(partOf(options), checkpoint.bytes.data),
    failed: await openAt(`${out}.failed`, checkpoint.bytes.failed),
    rejects: await openAt(`${out}.rejects`, checkpoint.bytes.rejects),
  }

  async function write(texts: { readonly [name in keyof typeof files]: string }) {
    return {
      data: await appendTo(files.data, checkpoint.bytes.data, texts.data),
      failed: await appendTo(files.failed, checkpoint.bytes.failed, texts.failed),
      rejects: await appendTo(files.rejects, checkpoint.bytes.rejects, texts.rejects),
    }
  }

  if (checkpoint.bytes.data === 0) await save({ bytes: await write({ data: head, failed: '', rejects: '' }) })

  return {
    input: isRetry ? retriedOf(out) : options.addresses,
    from: checkpoint.retry ?? checkpoint.position,
    totals: () => checkpoint.totals,
    append: async (piece) => {
      const { line, digest, rows, failures, rejects } = piece
      const bytes = await write({ data: rows, failed: linesOf(failures), rejects: rejectedLines(rejects) })
      const reached = isRetry ? { retry: { line, digest } } : { position: { line, digest } }
      await save({ ...reached, bytes, totals: sumOf(checkpoint.totals, piece) })
    },
    finish: async () => {
      if (!isRetry) return
      await save({ retry: undefined })
      rmSync(retriedOf(out), { force: true })
    },
    close: async () => {
      for (const one of Object.values(files)) await one.close()
    },
  }
}

const retriedOf = (out: string) => `${out}.retrying`
const settingsOf = ({ format, isClear }: To) => `${format}, ${isClear ? 'clear' : 'masked'}`
const linesOf = (failures: readonly Failure[]) =>
  failures.map(({ address, code }) => `${address}\t${code}\n`).join('')
const rejectedLines = (rejects: readonly Reject[]) =>
  rejects.map(({ line, text }) => `${line}\t${text}\n`).join('')

const beginning = (options: To): Checkpoint => ({
  version: 1,
  settings: settingsOf(options),
  position: start,
  bytes: { data: 0, failed: 0, rejects: 0 },
  totals: noTotals,
})

function refuseStrange(options: To, begun: Checkpoint | undefined): void {
  const { out, isRetry } = options
  if (!begun && isRetry) throw new WrongUsage(`--retry-failed: there is no ${out}.checkpoint`)
  if (!begun && (existsSync(out) || existsSync(partOf(options))))
    throw new WrongUsage(`${out} is there, and no export that could go on: name another file or remove it`)
  if (begun && begun.settings !== settingsOf(options))
    throw new WrongUsage(`${out} was begun as ${begun.settings}: go on so, or name another file`)
  if (begun?.retry && !isRetry) throw new WrongUsage('a --retry-failed was broken off: finish it first')
}

/** What has failed becomes the input, and what fails again begins a list of its own. */
function takeFailed(out: string, length: number): void {
  // Otherwise an earlier run was ended between this and its checkpoint.
  if (existsSync(`${out}.failed`)) renameSync(`${out}.failed`, retriedOf(out))
  else if (!existsSync(retriedOf(out)) && length > 0) throw new WrongUsage(`${out}.failed has gone`)
}

/** Without what was written after the checkpoint. */
async function openAt(path: string, length: number): Promise<FileHandle> {
  // Addresses are personal data: for whoever has asked for them.
  const handle = await open(path, existsSync(path) ? 'r+' : 'w+', 0o600)
  const { size } = await handle.stat()
  if (size < length) {
    await handle.close()
    throw new WrongUsage(`${path} is shorter than when it was left`)
  }
  await handle.truncate(length)
  return handle
}

async function appendTo(handle: FileHandle, at: number, text: string): Promise<number> {
  if (text === '') return at
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  await handle.datasync()
  return at + bytes.length
}
