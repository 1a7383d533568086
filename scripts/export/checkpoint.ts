import { existsSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { z } from 'zod'
import { WrongUsage } from './options.ts'

const count = z.int().min(0)
const position = z.object({ line: count, digest: z.string() })
const schema = z.object({
  version: z.literal(1),
  /** What must not change from one run to the next. */
  settings: z.string(),
  position,
  /** How far the files are good. */
  bytes: z.object({ data: count, failed: count, rejects: count }),
  totals: z.object({ devices: count, twinnings: count, failed: count, rejected: count, leftOut: count }),
  /** How far failed devices have been asked again; `undefined` while nobody does. */
  retry: position.optional(),
})

export type Checkpoint = z.infer<typeof schema>
export type Totals = Checkpoint['totals']

export const noTotals: Totals = { devices: 0, twinnings: 0, failed: 0, rejected: 0, leftOut: 0 }

export function readCheckpoint(file: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new WrongUsage(`${file} can’t be read: remove it and what it belongs to, and begin anew`)
  }
}

/** Whole or not at all, whenever the process ends. */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(checkpoint)}\n`)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}
