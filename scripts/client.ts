// `npm run client [-- FOLDER]`: what a frontend needs for types of its own operations: the schema as clients see it, fragments
// for both roles, and a codegen configuration.
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { clientSchemaOf, readSchema } from '../src/graphql/sdl.ts'

const given = new URL('../client/', import.meta.url)
// npm runs scripts at the top of the project, wherever a person has called it.
const folder = resolve(process.env.INIT_CWD ?? '.', process.argv[2] ?? 'twinning')

mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'schema.graphql'), `${clientSchemaOf(readSchema())}\n`)
// What has been written to is not ours any more.
for (const file of ['fragments.graphql', 'codegen.yml'])
  if (!existsSync(join(folder, file))) cpSync(new URL(file, given), join(folder, file))
console.log(`${folder} holds schema.graphql, fragments.graphql and codegen.yml, which says how to go on.`)
