import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../examples/federation/process.ts'
import { startNode } from './process.ts'

/** Starts the limit with an answer of its own. */
export async function startLimit(folder: string, answer: string) {
  const port = await findFreePort()
  const file = join(folder, `answer-${port}`)
  writeFileSync(file, answer)
  const url = `http://127.0.0.1:${port}`
  const program = fileURLToPath(new URL('../servers/limit.ts', import.meta.url))
  const { stop, pid } = await startNode([program, String(port), file], url)
  return { url, pid, stop }
}
