// `npm run schema:check`: compares the schema with the last released one. A breaking change fails unless the newest
// section of the CHANGELOG names it.
import { readdirSync, readFileSync } from 'node:fs'
import { readSchema, sdlOf } from '../src/graphql/sdl.ts'
import { findBreakingChanges, findUnnamed } from './schemaChanges.ts'

const folder = new URL('../schema/released/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
const [last] = files.sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
if (last === undefined) throw new Error('schema/released/ holds no released schema')

const changes = await findBreakingChanges(
  readFileSync(new URL(last, folder), 'utf8'),
  sdlOf(readSchema(), 'full'),
)
const unnamed = findUnnamed(changes, readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8'))
const since = last.replace('.graphql', '')
console.log(`schema: ${changes.length} breaking changes since ${since}, ${unnamed.length} of them unnamed`)
for (const { path, message } of unnamed) console.error(`\`${path}\`: ${message}`)
if (unnamed.length > 0) {
  console.error('Undo them, or name each in the newest section of CHANGELOG.md, its path as code.')
  process.exitCode = 1
}
