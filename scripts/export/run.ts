import { existsSync } from 'node:fs'
import { createReader, type Failure } from './gateway.ts'
import { countAddresses, readBatches, type Batch } from './input.ts'
import { WrongUsage, type Options } from './options.ts'
import { createStdout, openOutput, partOf, type Output } from './output.ts'
import { writeParquet } from './parquet.ts'
import { createProgress, type Progress } from './progress.ts'
import { createRate } from './rate.ts'
import { columnsOf, rowsOf, writingOf } from './rows.ts'

/** How many lines of a kind are told one by one. */
const toldAtMost = 20

/** Answers the exit code. */
export async function runExport(options: Options, signal: AbortSignal): Promise<number> {
  if (!options.isRetry && options.addresses !== '-' && !existsSync(options.addresses))
    throw new WrongUsage(`--addresses: there is no ${options.addresses}`)
  const writing = writingOf(options.format, columnsOf(options.isClear))
  const { out } = options
  const output = await (out === undefined
    ? createStdout(options.addresses, writing.head)
    : openOutput({ ...options, out }, writing.head))
  try {
    await exportAll(options, output, writing.line, signal)
    await output.finish()
  } finally {
    await output.close()
  }
  if (out !== undefined && options.format === 'parquet')
    await writeParquet(partOf({ ...options, out }), out, columnsOf(options.isClear))
  return output.totals().failed > 0 ? 1 : 0
}

async function exportAll(
  options: Options,
  output: Output,
  lineOf: ReturnType<typeof writingOf>['line'],
  signal: AbortSignal,
): Promise<void> {
  const { take } = createRate(options.rate, signal)
  const read = createReader({ ...options, take, signal })
  const before = output.totals()
  const done = before.devices + before.failed + before.rejected
  const count = await countAddresses(output.input)
  const total = options.isRetry && count !== undefined ? done + count : count
  const progress = createProgress(process.stderr, total, done)
  const tell = createTeller(options, progress)
  if (output.from.line > 0) progress.say(`goes on after line ${output.from.line}`)
  try {
    for await (const batch of readBatches(output.input, output.from, options.batch)) {
      const { devices, failures, leftOut } = await read(batch.addresses)
      const rows = devices.flatMap((device) => rowsOf(device, options.isClear))
      const counts = { devices: devices.length, twinnings: rows.length, leftOut }
      await output.append({ ...batch, rows: rows.map(lineOf).join(''), failures, counts })
      tell(batch, failures)
      progress.show(output.totals())
    }
  } finally {
    progress.end()
    console.error(summaryOf(output, options))
  }
}

/** Says what went wrong without saying whose device it was. */
function createTeller(
  { out }: Options,
  progress: Progress,
): (batch: Batch, failures: readonly Failure[]) => void {
  let left = toldAtMost
  const say = (text: string) => {
    if (left > 0) progress.say(text)
    else if (left === 0) progress.say(`… and more${out === undefined ? '' : `: see ${out}.rejects`}`)
    left--
  }
  return ({ rejects }, failures) => {
    for (const { line } of rejects) say(`line ${line}: no address of a device`)
    // Without a file this is the only place where they can be found.
    if (out === undefined)
      for (const { address, code } of failures) progress.say(`failed: ${address} ${code}`)
  }
}

function summaryOf(output: Output, { out }: Options): string {
  const { devices, twinnings, failed, rejected, leftOut } = output.totals()
  const see = (count: number, kind: string) => (count > 0 && out !== undefined ? ` (${out}.${kind})` : '')
  const unreadable = leftOut > 0 ? `, ${leftOut} warnings of twinnings that the gateway could not read` : ''
  return (
    `${devices} devices with ${twinnings} twinnings, ${failed} devices failed${see(failed, 'failed')}, ` +
    `${rejected} lines rejected${see(rejected, 'rejects')}${unreadable}`
  )
}
