// `npm run export`: the twinnings of many devices, in a file (docs/analysts.md).
import { Stopped } from './answer.ts'
import { OtherInput } from './input.ts'
import { help, readOptions, WrongUsage } from './options.ts'
import { runExport } from './run.ts'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
process.stdout.on('error', () => process.exit(3))

try {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options) process.exitCode = await runExport(options, stopping.signal)
  else console.log(help)
} catch (error) {
  process.exitCode = explain(error)
}

function explain(error: unknown): number {
  if (error instanceof WrongUsage) {
    console.error(`${error.message}\nnpm run export -- --help says what there is.`)
    return 2
  }
  if (error instanceof OtherInput) {
    console.error('The addresses are other ones than when this export was begun: name another --out.')
    return 2
  }
  const why = stopping.signal.aborted ? 'as asked' : error instanceof Error ? error.message : String(error)
  console.error(`Stopped: ${why}. With --out, the same command goes on from here.`)
  if (!(error instanceof Stopped) && !stopping.signal.aborted) console.error(error)
  return 3
}
