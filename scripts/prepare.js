// Makes a fresh clone start with one command: installs what is missing before `npm start` and `npm test`, and is silent
// otherwise. Plain JavaScript: it runs on the machine's own Node (18 or later), before the project's pinned one is there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  benchPrograms,
  explainMissing,
  findProgram,
  installWithApt,
  isInstallable,
  testPrograms,
} from './programs.js'

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, os?: string[], cpu?: string[] }} LockEntry
 * @typedef {Record<string, LockEntry>} Lock
 */

const { values: options } = parseArgs({
  options: {
    project: { type: 'string', default: dirname(dirname(fileURLToPath(import.meta.url))) },
    quiet: { type: 'boolean', default: false },
    'for-tests': { type: 'boolean', default: false },
    'for-bench': { type: 'boolean', default: false },
  },
})
// `--quiet` is for commands whose standard output is a result that may be piped into a file.
const say = options.quiet ? console.error : console.log

process.exitCode = prepareDependencies(resolve(options.project))
if (options['for-tests'] && process.exitCode === 0) preparePrograms(testPrograms, 'The tests that need it')
if (options['for-bench'] && process.exitCode === 0) preparePrograms(benchPrograms, 'The bench')

/** @param {string} project */
function prepareDependencies(project) {
  const fault = findFault(project)
  if (!fault) return 0
  say(`Installing dependencies (${fault}) …`)
  const code = installDependencies(project)
  if (code !== 0) {
    console.error(`npm ci failed with exit code ${code}: its own message above says why.`)
    return code
  }
  // Where install scripts are switched off, npm succeeds without it.
  if (!lacksPinnedNode(project)) return 0
  console.error(`npm ci finished without node_modules/node/bin/node: let the install script of "node" run.`)
  return 1
}

/**
 * Why node_modules has to be installed anew.
 *
 * @param {string} project
 * @returns {string | undefined}
 */
function findFault(project) {
  if (!existsSync(join(project, 'node_modules'))) return 'node_modules is missing'
  const wanted = readLock(join(project, 'package-lock.json'))
  if (!wanted) return 'package-lock.json cannot be read'
  const installed = readLock(hiddenLock(project))
  if (!installed) return 'the last installation did not finish'
  for (const [path, entry] of Object.entries(wanted)) {
    const fault = path && findPackageFault(project, path, entry, installed[path])
    if (fault) return fault
  }
  return lacksPinnedNode(project) ? 'the pinned Node is missing' : undefined
}

/**
 * @param {string} project
 * @param {string} path
 * @param {LockEntry} wanted
 * @param {LockEntry | undefined} installed
 */
function findPackageFault(project, path, wanted, installed) {
  const name = path.replace(/^.*node_modules\//, '')
  if (installed && installed.version !== wanted.version)
    return `${name} is ${installed.version}, not ${wanted.version}`
  const there = existsSync(join(project, path, 'package.json'))
  return there || mayBeAbsent(wanted) ? undefined : `${name} is missing`
}

/**
 * npm leaves out what is for another platform, and peers where legacy-peer-deps is set.
 *
 * @param {LockEntry} entry
 */
function mayBeAbsent({ optional, devOptional, peer, os, cpu }) {
  return Boolean(optional || devOptional || peer || os || cpu)
}

/** @param {string} project */
function lacksPinnedNode(project) {
  const pinned = readLock(join(project, 'package-lock.json'))?.['node_modules/node']
  return Boolean(pinned) && !existsSync(join(project, 'node_modules/node/bin/node'))
}

/** @param {string} project */
function installDependencies(project) {
  // npm writes this file last, but removes it in no particular order: without it an interrupted run is always noticed.
  rmSync(hiddenLock(project), { force: true })
  const { status, signal, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    env: npmEnvironment(project),
    stdio: ['inherit', options.quiet ? 2 : 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (error) console.error(`npm could not be started: ${error.message}`)
  return status ?? (signal ? 128 + constants.signals[signal] : 127)
}

/**
 * What an outer `npm start` hands down must not steer the inner npm: neither its own switches, nor the pinned Node on
 * the PATH, which `npm ci` is about to delete. Development dependencies are always wanted: the pinned Node is one.
 *
 * @param {string} project
 * @returns {NodeJS.ProcessEnv}
 */
function npmEnvironment(project) {
  const switches =
    /^npm_config_(global|location|omit|only|also|production|dry_run|package_lock_only|workspaces?)$/i
  // Windows spells it Path.
  const kept = Object.entries(process.env).filter(([name]) => !switches.test(name) && !/^path$/i.test(name))
  const bin = join(project, 'node_modules', '.bin')
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => resolve(folder) !== bin)
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter), npm_config_include: 'dev' }
}

/** @param {string} project */
function hiddenLock(project) {
  return join(project, 'node_modules', '.package-lock.json')
}

/**
 * @param {string} file
 * @returns {Lock | undefined}
 */
function readLock(file) {
  try {
    /** @type {(json: string) => { packages?: Lock }} */
    const parse = JSON.parse
    return parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/**
 * @param {readonly import('./programs.js').Program[]} programs
 * @param {string} who
 */
function preparePrograms(programs, who) {
  const missing = () => programs.filter((program) => !findProgram(program))
  const installable = missing().filter((program) => isInstallable(program))
  if (installable.length > 0) installWithApt(installable, say)
  for (const program of missing()) say(`${explainMissing(program)} ${who} will fail.`)
}
