// Parquet has its index at its end: it is made from ndjson that is complete, and so is never half a file.
import { createReadStream, renameSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Row } from './rows.ts'

/** Rows that are in memory at once. */
const groupSize = 50_000

export async function writeParquet(from: string, to: string, columns: readonly string[]): Promise<void> {
  // The only format that needs a package of its own, which the gateway does without.
  const { ParquetWriter, fileWriter, schemaFromColumnData } = await import('hyparquet-writer')
  const dataOf = (rows: readonly Row[]) =>
    columns.map((name) => ({
      name,
      data: rows.map((row) => row[name] ?? null),
      type: 'STRING' as const,
      nullable: true,
    }))
  const writer = new ParquetWriter({
    writer: fileWriter(`${to}.new`),
    schema: schemaFromColumnData({ columnData: dataOf([]) }),
    createdBy: 'twinning-gateway',
  })
  let rows: Row[] = []
  const flush = async () => {
    if (rows.length > 0) await writer.write({ columnData: dataOf(rows), rowGroupSize: groupSize })
    rows = []
  }
  for await (const line of createInterface({ input: createReadStream(from), crlfDelay: Infinity })) {
    rows.push(JSON.parse(line) as Row)
    if (rows.length === groupSize) await flush()
  }
  await flush()
  await writer.finish()
  renameSync(`${to}.new`, to)
}
