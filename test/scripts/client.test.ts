import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { buildSchema, printSchema } from 'graphql'

const run = promisify(execFile)

test('npm run client gives what types a frontend’s own operations, by one codegen configuration', async (t) => {
  const folder = await createClient(t)
  writeFileSync(
    join(folder, 'watch.graphql'),
    `query MyWatch { twinningDevice { twinnings { nodes { ...Pairing ...Secondary } } } }`,
  )
  writeFileSync(join(folder, 'use.ts'), use)

  await run(resolve('node_modules/.bin/graphql-codegen'), ['--config', 'codegen.yml'], { cwd: folder })

  const options =
    '--ignoreConfig --noEmit --strict --skipLibCheck --allowImportingTsExtensions --module preserve'
  await run(resolve('node_modules/.bin/tsc'), [...options.split(' '), join(folder, 'use.ts')])
})

test('the schema for clients is whole, and holds nothing for composers', async (t) => {
  const folder = await createClient(t)

  const schema = buildSchema(readFileSync(join(folder, 'schema.graphql'), 'utf8'))

  assert.doesNotMatch(printSchema(schema), /@(?!deprecated)|_Any|_Service|federation__/)
  assert.deepEqual(Object.keys(schema.getSubscriptionType()?.getFields() ?? {}), ['twinningChanged'])
})

test('a second call renews the schema and leaves alone what may have been edited', async (t) => {
  const folder = await createClient(t)
  for (const file of ['schema.graphql', 'fragments.graphql']) writeFileSync(join(folder, file), '# mine\n')

  await callScript(folder)

  assert.equal(readFileSync(join(folder, 'fragments.graphql'), 'utf8'), '# mine\n')
  assert.match(readFileSync(join(folder, 'schema.graphql'), 'utf8'), /type SecondaryTwinning/)
})

async function createClient(t: TestContext): Promise<string> {
  // Where a frontend has its packages: above the folder.
  const folder = mkdtempSync(resolve('node_modules/.client-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await callScript(folder)
  return folder
}

const callScript = (folder: string) => run(process.execPath, ['scripts/client.ts', folder])

const use = `import type { ResultOf } from '@graphql-typed-document-node/core'
import possible, { MyWatchDocument } from './generated.ts'

export function voiceMailOf(data: ResultOf<typeof MyWatchDocument>): string | undefined {
  const [node] = data.twinningDevice?.twinnings?.nodes ?? []
  return node && 'voicemailAccess' in node ? node.voicemailAccess?.address : undefined
}
export const types: string[] | undefined = possible.possibleTypes['Twinning']
// @ts-expect-error there is no such field
export const wrong = (data: ResultOf<typeof MyWatchDocument>) => data.twinningDevice?.nonsense
`
