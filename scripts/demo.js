// Builds the demo page where it is missing or older than what it is made of, and is silent otherwise. What is built holds
// the hash of that, so that neither the demo's packages nor dates are needed to see it. Plain JavaScript, as prepare.js.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const scripts = dirname(fileURLToPath(import.meta.url))
const { values: options } = parseArgs({
  options: {
    demo: { type: 'string', default: join(scripts, '../demo') },
    /** The gateway starts without its demo; whoever wants the demo itself does not go on. */
    'or-go-on': { type: 'boolean', default: false },
  },
})
const demo = options.demo
const stamp = join(demo, 'dist', '.built-from')

const sources = hashSources()
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
  console.log('Building the demo page …')
  const failed = install() || build()
  if (!failed) writeFileSync(stamp, sources)
  else if (options['or-go-on'])
    console.log(`${failed} Going on without /demo; \`npm run demo:build\` tries again.`)
  else {
    console.error(failed)
    process.exitCode = 1
  }
}

function hashSources() {
  const hash = createHash('sha256')
  for (const path of filesIn(demo).sort()) {
    hash.update(relative(demo, path)).update('\0').update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesIn(path) : [path]
    })
}

function install() {
  const prepare = join(scripts, 'prepare.js')
  // Where there is no network, nobody waits for minutes to get a gateway without its demo.
  const env = { ...process.env, ...(options['or-go-on'] && { npm_config_fetch_retries: '1' }) }
  const { status } = spawnSync(process.execPath, [prepare, '--project', demo], { stdio: 'inherit', env })
  return status === 0 ? undefined : "The demo's packages could not be installed."
}

/** With the pinned Node where it is there: Vite wants a newer one than this script does. */
function build() {
  const pinned = join(scripts, '../node_modules/node/bin/node')
  const node = existsSync(pinned) ? pinned : process.execPath
  const vite = join(demo, 'node_modules/vite/bin/vite.js')
  const { status, stdout, stderr } = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: demo,
    encoding: 'utf8',
  })
  if (status === 0) return undefined
  console.error(`${stdout}${stderr}`.trim())
  return 'The demo page could not be built.'
}
