import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/prepare.js', import.meta.url))
const ci = 'ci --no-audit --no-fund --loglevel=error'

test('a project whose node_modules is missing gets one npm ci, and is silent the next time', async (t) => {
  const project = await createProject(t)

  const first = await project.prepare()
  const second = await project.prepare()

  assert.deepEqual(first, {
    code: 0,
    stdout: 'Installing dependencies (node_modules is missing) …\n',
    stderr: '',
  })
  assert.deepEqual(second, { code: 0, stdout: '', stderr: '' })
  assert.deepEqual(project.npmCalls(), [{ args: ci, folder: project.folder, include: 'dev' }])
})

test('--quiet leaves standard output to the command that follows', async (t) => {
  const project = await createProject(t)

  const { code, stdout, stderr } = await project.prepare({ args: ['--quiet'] })

  assert.deepEqual([code, stdout], [0, ''])
  assert.equal(stderr, 'Installing dependencies (node_modules is missing) …\n')
})

const faults: Record<string, (project: Project) => void> = {
  'kept is 1.0.0, not 1.1.0': ({ folder }) => {
    writeJson(join(folder, 'package-lock.json'), lock({ kept: { version: '1.1.0' } }))
  },
  'added is missing': ({ folder }) => {
    writeJson(
      join(folder, 'package-lock.json'),
      lock({ kept: { version: '1.0.0' }, added: { version: '1.0.0' } }),
    )
  },
  'kept is missing': ({ folder }) => rmSync(join(folder, 'node_modules/kept'), { recursive: true }),
  'the last installation did not finish': ({ folder }) =>
    rmSync(join(folder, 'node_modules/.package-lock.json')),
  'package-lock.json cannot be read': ({ folder }) =>
    writeFileSync(join(folder, 'package-lock.json'), '<<<<<<< HEAD'),
}
for (const [fault, cause] of Object.entries(faults))
  test(`an installation is made anew when ${fault}`, async (t) => {
    const project = await createProject(t)
    await project.prepare()
    cause(project)

    const { stdout } = await project.prepare()

    assert.equal(stdout, `Installing dependencies (${fault}) …\n`)
    assert.equal(project.npmCalls().length, 2)
  })

test('a package that is only for another platform may be absent', async (t) => {
  const project = await createProject(t)
  await project.prepare()
  const elsewhere = { version: '1.0.0', optional: true, os: ['plan9'] }
  writeJson(join(project.folder, 'package-lock.json'), lock({ kept: { version: '1.0.0' }, elsewhere }))

  const run = await project.prepare()

  assert.deepEqual(run, { code: 0, stdout: '', stderr: '' })
})

test('a failing npm gives its exit code and one line', async (t) => {
  const project = await createProject(t)

  const { code, stderr } = await project.prepare({ env: { NPM_EXIT_CODE: '7' } })

  assert.equal(code, 7)
  assert.equal(stderr, 'npm ci failed with exit code 7: its own message above says why.\n')
})

test('an installation that failed halfway is noticed by the next run', async (t) => {
  const project = await createProject(t)
  await project.prepare()
  writeJson(join(project.folder, 'package-lock.json'), lock({ kept: { version: '1.1.0' } }))
  await project.prepare({ env: { NPM_EXIT_CODE: '1' } })
  writeJson(join(project.folder, 'package-lock.json'), lock({ kept: { version: '1.0.0' } }))

  const { stdout } = await project.prepare()

  assert.equal(stdout, 'Installing dependencies (the last installation did not finish) …\n')
})

test('the switches of an outer npm do not reach the inner one', async (t) => {
  const project = await createProject(t)
  const pinned = join(project.folder, 'node_modules', '.bin')

  await project.prepare({
    env: { npm_config_omit: 'dev', npm_config_global: 'true', npm_config_dry_run: 'true' },
    path: [pinned],
  })

  assert.deepEqual(project.npmCalls(), [{ args: ci, folder: project.folder, include: 'dev' }])
})

test('a pinned Node that npm was not allowed to install is an error', async (t) => {
  const project = await createProject(t)
  writeJson(join(project.folder, 'package-lock.json'), lock({ node: { version: '24.0.0' } }))

  const { code, stderr } = await project.prepare()

  assert.equal(code, 1)
  assert.match(stderr, /^npm ci finished without node_modules\/node\/bin\/node: .*\n$/)
})

test('--for-tests says in one line each what no installation can put right, and goes on', async (t) => {
  const project = await createProject(t)

  const { code, stdout } = await project.prepare({
    args: ['--for-tests'],
    env: { REDIS_SERVER_BIN: '/nowhere/redis', CHROMIUM_BIN: project.folder },
  })

  assert.equal(code, 0)
  assert.deepEqual(stdout.split('\n').slice(1), [
    'REDIS_SERVER_BIN is /nowhere/redis, which is not an executable file. The tests that need it will fail.',
    `CHROMIUM_BIN is ${project.folder}, which is not an executable file. The tests that need it will fail.`,
    '',
  ])
})

type Project = Awaited<ReturnType<typeof createProject>>
type Packages = Record<string, { version: string; optional?: boolean; os?: string[] }>

async function createProject(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'prepare-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, 'project')
  await Promise.all([mkdir(folder), mkdir(join(root, 'bin'))])
  await writeFile(join(root, 'bin/npm'), fakeNpm(join(root, 'calls')), { mode: 0o755 })
  writeJson(join(folder, 'package-lock.json'), lock({ kept: { version: '1.0.0' } }))

  return {
    folder,
    /** Runs the script from a folder that is not the project's. */
    prepare: ({
      args = [],
      env = {},
      path = [],
    }: { args?: string[]; env?: NodeJS.ProcessEnv; path?: string[] } = {}) =>
      run([script, '--project', folder, ...args], {
        cwd: root,
        env: {
          ...env,
          PATH: [...path, join(root, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
        },
      }),
    npmCalls: () => readFileSync(join(root, 'calls'), 'utf8').trimEnd().split('\n').map(parseCall),
  }
}

/** An npm that records how it was called and installs, from the lock file, empty packages; fails with NPM_EXIT_CODE. */
function fakeNpm(calls: string): string {
  return `#!${process.execPath}
const { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { npm_config_omit, npm_config_global, npm_config_dry_run, npm_config_include, NPM_EXIT_CODE, PATH } = process.env
const args = [...process.argv.slice(2), npm_config_omit, npm_config_global, npm_config_dry_run].filter(Boolean).join(' ')
if (PATH.includes(process.cwd())) throw new Error(PATH)
appendFileSync(${JSON.stringify(calls)}, JSON.stringify({ args, folder: process.cwd(), include: npm_config_include }) + '\\n')
if (NPM_EXIT_CODE) process.exit(Number(NPM_EXIT_CODE))
rmSync('node_modules', { recursive: true, force: true })
mkdirSync('node_modules')
try {
  for (const path of Object.keys(JSON.parse(readFileSync('package-lock.json', 'utf8')).packages)) {
    if (!path) continue
    mkdirSync(path)
    writeFileSync(path + '/package.json', '{}')
  }
} catch {}
copyFileSync('package-lock.json', 'node_modules/.package-lock.json')
`
}

function parseCall(line: string): unknown {
  return JSON.parse(line)
}

function lock(packages: Packages) {
  const entries = Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry] as const)
  return { lockfileVersion: 3, packages: { '': { name: 'project' }, ...Object.fromEntries(entries) } }
}

function writeJson(file: string, value: unknown) {
  writeFileSync(file, JSON.stringify(value))
}

async function run(args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const child = spawn(process.execPath, args, options)
  const [code, stdout, stderr] = await Promise.all([
    new Promise((resolve) => child.on('close', resolve)),
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
  ])
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}
