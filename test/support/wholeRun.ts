// `npm test`: before all tests, and after them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderVariable, lacksIn, leaksIn, readEmissions } from './emissions.ts'

/** The test processes inherit it. */
export function globalSetup(): void {
  process.env[folderVariable] = mkdtempSync(join(tmpdir(), 'emissions-'))
}

/** Greps everything that gateways have emitted: fails where personal data is in it, or too little for that to mean anything. */
export function globalTeardown(): void {
  const folder = process.env[folderVariable] ?? ''
  try {
    const emissions = readEmissions(folder)
    const faults = [...leaksIn(emissions), ...lacksIn(emissions)]
    // The runner takes the error, and keeps its words to itself.
    for (const fault of faults) process.stderr.write(`${fault}\n`)
    if (faults.length > 0) throw new Error('what was emitted in this run is not as it must be')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
