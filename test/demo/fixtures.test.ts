// The recipe for a frontend's tests in docs/clients.md, as it stands there.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { blocksOf, sectionOf } from '../support/documents.ts'
import { post } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import type { Cast } from '../../src/http/demo.ts'
import { startDemo } from './support.ts'

const query = `query Mine {
  twinningDevice {
    twinnings { nodes { name twinningStatus ... on SecondaryTwinning { voicemailAccess { address } } } }
  }
}`

test('a test takes tokens from /demo/cast, and gives operators fixtures and faults', async (t) => {
  const { url } = await startDemo(t)
  const cast = (await (await fetch(`${url}/demo/cast`)).json()) as Cast
  const { operator, token } = cast.watches.other

  await runRecipe(t, url)

  const failed = await post(`${url}/graphql`, token, query)
  await fetch(`${cast.operators[operator]}/_sandbox/faults`, { method: 'DELETE' })
  assert.deepEqual(failed.data, { twinningDevice: { twinnings: null } })
  assert.equal(failed.errors[0]?.extensions.code, 'UPSTREAM_UNAVAILABLE')
  await until('the fixture is read', async () => {
    const { data } = await post(`${url}/graphql`, token, query)
    return data.twinningDevice.twinnings?.nodes.length === 1
  })
  const { data } = await post(`${url}/graphql`, token, query)
  assert.deepEqual(data.twinningDevice.twinnings.nodes, [
    { name: 'myWatch', twinningStatus: 'ON', voicemailAccess: { address: 'tel:+15550999' } },
  ])
})

async function runRecipe(t: TestContext, url: string): Promise<void> {
  const [recipe, ...others] = blocksOf('docs/clients.md', sectionOf('docs/clients.md', '## Tests'))
  assert.ok(recipe)
  assert.deepEqual(others, [])
  const folder = mkdtempSync(join(tmpdir(), 'recipe-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'recipe.mts')
  writeFileSync(file, recipe.code.replace('http://127.0.0.1:4000', url))
  await import(file)
}
