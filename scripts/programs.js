// Programs that the tests start and that npm cannot install. Plain JavaScript: prepare.js runs on the machine's own Node.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/**
 * @typedef {'redis-server' | 'chromium' | 'wrk' | 'openssl'} Program
 * @typedef {{ variable: string, executables: string[], places: string[], advice: string }} Whereabouts
 */

/** @type {Record<Program, Whereabouts>} */
const whereabouts = {
  'redis-server': {
    variable: 'REDIS_SERVER_BIN',
    executables: ['redis-server'],
    places: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'],
    advice: 'install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)',
  },
  chromium: {
    variable: 'CHROMIUM_BIN',
    executables: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    places: [
      '/usr/bin/chromium',
      '/usr/bin/google-chrome',
      '/snap/bin/chromium',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
    advice: 'install it (Debian: apt-get install chromium; elsewhere Google Chrome will do)',
  },
  wrk: {
    variable: 'WRK_BIN',
    executables: ['wrk'],
    places: ['/usr/bin/wrk', '/usr/local/bin/wrk', '/opt/homebrew/bin/wrk'],
    advice: 'install it (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk)',
  },
  openssl: {
    variable: 'OPENSSL_BIN',
    executables: ['openssl'],
    places: ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'],
    advice: 'install it (Debian, Ubuntu: apt-get install openssl; macOS: brew install openssl)',
  },
}

/**
 * Every program that the tests start.
 *
 * @type {readonly Program[]}
 */
export const testPrograms = ['redis-server', 'chromium', 'openssl']

/**
 * Every program that `npm run bench` starts.
 *
 * @type {readonly Program[]}
 */
export const benchPrograms = ['redis-server', 'wrk']

/**
 * The path of a program: what its environment variable says, else the first found on the PATH, else in a well-known
 * place. A variable that points nowhere finds nothing: falling back would hide the mistake.
 *
 * @param {Program} program
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function findProgram(program, env = process.env) {
  const { variable, executables, places } = whereabouts[program]
  const override = env[variable]
  if (override) return isExecutable(override) ? override : undefined
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return executables
    .flatMap((executable) => folders.map((folder) => join(folder, executable + suffix)))
    .concat(places)
    .find(isExecutable)
}

/**
 * One sentence for a person whose machine lacks a program: what to do about it.
 *
 * @param {Program} program
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
export function explainMissing(program, env = process.env) {
  const { variable, advice } = whereabouts[program]
  const override = env[variable]
  return override
    ? `${variable} is ${override}, which is not an executable file.`
    : `${program} was not found: ${advice}, or set ${variable} to its path.`
}

/**
 * Whether installing could help: a variable that points nowhere is for its owner to put right.
 *
 * @param {Program} program
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {boolean}
 */
export function isInstallable(program, env = process.env) {
  return !env[whereabouts[program].variable]
}

/**
 * Installs Debian packages where that needs nobody's password; otherwise, or where apt fails, leaves things as they are.
 *
 * @param {readonly string[]} packages
 * @param {(message: string) => void} say
 * @returns {void}
 */
export function installWithApt(packages, say) {
  const prefix = rootPrefix()
  if (!prefix || !succeeds(['apt-get', '--version'])) return
  say(`Installing ${packages.join(' and ')} with apt-get …`)
  const [command = 'sh', ...args] = [...prefix, 'sh', '-c', aptScript, 'sh', ...packages]
  // Standard output is for the caller's own result.
  spawnSync(command, args, { stdio: ['ignore', 2, 2] })
}

// Debian starts a service as soon as it is installed, and at every boot. The tests start a Redis of their own on a free
// port, so policy-rc.d forbids the first and systemctl the second. A package that cannot be had must not keep the others away.
const aptScript = `
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
fi
apt="apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3"
$apt update
for package in "$@"; do
  $apt install -y --no-install-recommends "$package" >/dev/null || continue
  if [ "$package" = redis-server ]; then systemctl disable redis-server >/dev/null 2>&1; fi
done
`

/** @returns {string[] | undefined} what to put before a command to run it as root */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  return succeeds(['sudo', '-n', 'true']) ? ['sudo', '-n'] : undefined
}

/** @param {[string, ...string[]]} command */
function succeeds([program, ...args]) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
