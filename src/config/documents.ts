import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
import { z } from 'zod'
import type { Problem } from './operators.ts'

const manifest = z.record(z.string().min(1), z.string())

/** Reads a manifest of trusted documents: JSON of documents by their ids, as graphql-codegen writes it. */
export function readDocuments(
  path: string | undefined,
): { documents: ReadonlyMap<string, string> } | { problems: readonly Problem[] } {
  if (path === undefined) return { documents: new Map() }
  const problem = (fault: string) => ({ problems: [{ variable: 'TRUSTED_DOCUMENTS', fault }] })
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return problem('expected the path of a file that can be read')
  }
  const read = manifest.safeParse(jsonOf(text)).data
  if (!read) return problem('expected a file that holds a JSON object of documents by their ids')
  const unreadable = Object.keys(read).find((id) => !isGraphql(read[id] ?? ''))
  if (unreadable !== undefined)
    return problem(`expected GraphQL documents, got something else at "${unreadable}"`)
  return { documents: new Map(Object.entries(read)) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isGraphql(text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}
