// `npm run --silent sbom`: what the gateway is shipped with, as CycloneDX. `npm sbom --omit dev` leaves out what packages
// for development need as well, `graphql` and `ws` among them: so everything is asked for, and what is for development only
// taken out.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const component = z.looseObject({
  'bom-ref': z.string(),
  properties: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
})
const bomSchema = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string() }) }),
  components: z.array(component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).optional() })),
})
type Bom = z.infer<typeof bomSchema>

function isForDevelopment({ properties = [] }: z.infer<typeof component>): boolean {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true')
}

/** `name`: npm takes that of the folder, wherever it was checked out. */
function shippedOf(bom: Bom, name: string): Bom {
  const components = bom.components.filter((one) => !isForDevelopment(one))
  const refs = new Set([bom.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])])
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map((one) => ({ ...one, dependsOn: (one.dependsOn ?? []).filter((ref) => refs.has(ref)) }))
  const metadata = { ...bom.metadata, component: { ...bom.metadata.component, name } }
  return { ...bom, metadata, components, dependencies }
}

const root = fileURLToPath(new URL('..', import.meta.url))
const { name } = z.object({ name: z.string() }).parse(JSON.parse(readFileSync(`${root}package.json`, 'utf8')))
const options = ['--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']
const text = execFileSync('npm', ['sbom', ...options], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
console.log(JSON.stringify(shippedOf(bomSchema.parse(JSON.parse(text)), name), undefined, 2))
