import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Bom = {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly name: string; readonly 'bom-ref': string } }
  readonly components: readonly { readonly name: string; readonly 'bom-ref': string }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}
type Lock = {
  readonly packages: Record<string, { version: string; name?: string; dev?: boolean; devOptional?: boolean }>
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'))

test('the bill of materials names the gateway and every package that it is shipped with, and no other', () => {
  const { name, version, dependencies } = readJson('package.json') as { name: string; version: string; dependencies: object } // prettier-ignore
  const { packages } = readJson('package-lock.json') as Lock
  const bom = JSON.parse(execFileSync(process.execPath, [join(root, 'scripts/sbom.ts')], { encoding: 'utf8' })) as Bom // prettier-ignore

  assert.equal(bom.bomFormat, 'CycloneDX')
  assert.equal(bom.metadata.component.name, name)
  const refs = new Set(bom.components.map((one) => one['bom-ref']))
  for (const [path, { version, dev }] of Object.entries(packages)) {
    const ref = `${path.replace(/.*node_modules\//, '')}@${version}`
    if (path !== '' && dev !== true) assert.ok(refs.has(ref), ref)
  }
  const names = new Set(bom.components.map((one) => one.name))
  for (const dependency of Object.keys(dependencies)) assert.ok(names.has(dependency), dependency)
  for (const one of ['eslint', 'fast-check', 'typescript']) assert.ok(!names.has(one), one)
  const known = new Set([...refs, `${name}@${version}`])
  for (const { dependsOn } of bom.dependencies) for (const ref of dependsOn) assert.ok(known.has(ref), ref)
})
