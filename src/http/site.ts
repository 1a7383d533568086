import { existsSync, globSync, readFileSync } from 'node:fs'
import { extname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** One file of a built page. */
export type SiteFile = {
  readonly type: string
  readonly content: Buffer
  /** Where that is worth it. */
  readonly gzip?: Buffer
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Reads a built page into memory, by path within the folder; `undefined` where it has not been built. */
export function readSite(folder: URL): ReadonlyMap<string, SiteFile> | undefined {
  if (!existsSync(new URL('index.html', folder))) return undefined
  const root = fileURLToPath(folder)
  return new Map(
    globSync(`**/*{${Object.keys(types).join()}}`, { cwd: root })
      .map((path) => new URL(path, folder))
      .map((file) => [relative(root, fileURLToPath(file)), readFile(file)]),
  )
}

function readFile(file: URL): SiteFile {
  const type = types[extname(file.pathname)] ?? 'application/octet-stream'
  const content = readFileSync(file)
  return type.startsWith('text/') ? { type, content, gzip: gzipSync(content) } : { type, content }
}
