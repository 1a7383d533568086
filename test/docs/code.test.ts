// Code in the documents, other than commands: it fits the schema, compiles, and is what stands in the files that it shows.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { buildSchema, concatAST, extendSchema, parse, print, printSchema, validate, visit, type DocumentNode } from 'graphql' // prettier-ignore
import { clientSchemaOf, readSchema } from '../../src/graphql/sdl.ts'
import { blocksOf, type Block } from '../support/documents.ts'

const run = promisify(execFile)
const pages = globSync('**/*.md', { exclude: (path) => /(^|\/)node_modules$/.test(path) })
const blocksIn = (...languages: string[]): Block[] =>
  pages.flatMap((page) => blocksOf(page)).filter(({ language }) => languages.includes(language))
const isOperation = ({ code }: Block) => /^(query|mutation|subscription|fragment|\{)/.test(code)

// As a client of the example's graph sees it: with what its second subgraph adds.
const graph = extendSchema(
  buildSchema(clientSchemaOf(readSchema())),
  parse('extend type Device { model: String colour: String }'),
)

test('every operation in a document fits the schema', () => {
  const fragments = parse(readFileSync('client/fragments.graphql', 'utf8'))
  const unused = /^Fragment "\w+" is never used/

  const operations = blocksIn('graphql').filter(isOperation)

  assert.ok(operations.length >= 3)
  for (const { where, code } of operations) {
    const faults = validate(graph, concatAST([parse(code), fragments]))
    assert.deepEqual(faults.map(({ message }) => message).filter((message) => !unused.test(message)), [], where) // prettier-ignore
  }
})

test('every definition of types in a document is that of the example', () => {
  const example = definitionsOf(parse(readFileSync('examples/federation/inventory/schema.graphql', 'utf8')))

  const shown = blocksIn('graphql').filter((block) => !isOperation(block))

  assert.ok(shown.length >= 1)
  for (const { where, code } of shown)
    for (const definition of definitionsOf(parse(code))) assert.ok(example.includes(definition), where)
})

test('every JSON in a document is JSON', () => {
  for (const { where, code } of blocksIn('json')) assert.doesNotThrow(() => JSON.parse(code), where)
})

test('the recipes for frontends compile against types made of the operations that stand there', async (t) => {
  const folder = mkdtempSync(resolve('demo/node_modules/.recipes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const twinning = join(folder, 'twinning')
  mkdirSync(twinning)
  await run(process.execPath, ['scripts/client.ts', twinning])
  // "Put its API schema in place of schema.graphql": a graph that has more than the subgraph alone.
  writeFileSync(join(twinning, 'schema.graphql'), printSchema(graph))
  const page = [...blocksOf('docs/clients.md'), ...blocksOf('docs/subscriptions.md')]
  for (const [i, { language, code, where }] of page.entries()) {
    const [, name = `block${i}.ts`] = /^\/\/ (\S+\.tsx?)\n/.exec(code) ?? []
    if (language === 'graphql' && where.startsWith('docs/clients.md'))
      writeFileSync(join(twinning, `operations${i}.graphql`), code)
    if (language.startsWith('ts')) writeFileSync(join(folder, name), `${code}\nexport {}\n`)
  }
  writeFileSync(join(folder, 'given.d.ts'), 'declare function currentToken(): Promise<string>\n')
  const options = { extends: '../../tsconfig.json', include: ['*'], compilerOptions: { types: ['react'] } }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))

  await run(resolve('node_modules/.bin/graphql-codegen'), ['--config', 'codegen.yml'], { cwd: twinning })
  const compiled = await run(resolve('node_modules/.bin/tsc'), ['--noEmit', '-p', folder]).catch(
    (error: unknown) => error as { stdout: string },
  )

  assert.equal(compiled.stdout, '')
  for (const name of ['client.ts', 'Watch.tsx']) assert.ok(existsSync(join(folder, name)))
})

test('what a page on a gateway shows of a file stands in that file', () => {
  const shown = {
    'docs/gateways/apollo-gateway.md': 'examples/federation/apollo-gateway/gateway.ts',
    'docs/gateways/hive-gateway.md': 'examples/federation/hive-gateway/gateway.config.ts',
  }
  for (const [page, file] of Object.entries(shown))
    for (const { where, code } of blocksOf(page).filter(({ language }) => language === 'ts'))
      assert.ok(linesOf(readFileSync(file, 'utf8')).includes(linesOf(code)), where)
})

/** Without descriptions, and without the tags of contracts. */
function definitionsOf(document: DocumentNode): string[] {
  const bare = visit(document, {
    StringValue: (_node, key) => (key === 'description' ? null : undefined),
    Directive: ({ name }) => (name.value === 'tag' ? null : undefined),
  })
  return bare.definitions.map((definition) => print(definition))
}

/** Without comments and indentation. */
function linesOf(code: string): string {
  return code
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('//'))
    .join('\n')
}
