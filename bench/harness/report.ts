import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { tableOf, type Row } from './rows.ts'

const folder = new URL('../results/', import.meta.url)

/** Keeps the last full run beside the bench. */
export function save(rows: readonly Row[], seconds: number): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`
  const date = new Date().toISOString().slice(0, 10)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    new URL('latest.json', folder),
    `${JSON.stringify({ date, machine, seconds, rows }, null, 2)}\n`,
  )
  writeFileSync(
    new URL('latest.md', folder),
    `# The last full run\n\n\`npm run bench\`, ${date}, ${seconds} s; ${machine}.\n\n${tableOf(rows)}\n`,
  )
}
