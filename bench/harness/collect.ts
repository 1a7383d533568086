// Loaded into the gateway before itself, where its memory is watched: SIGUSR2 collects what is garbage, and writes what is
// left to the file that TWINNING_BENCH_MEMORY names.
import { renameSync, writeFileSync } from 'node:fs'

const file = process.env['TWINNING_BENCH_MEMORY'] ?? ''

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()))
  renameSync(`${file}.new`, file)
})
