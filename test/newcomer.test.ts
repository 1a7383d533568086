// The README from its first command on, as whoever has never seen the project follows it: a fresh clone, an empty home, the
// machine's own Node. What is not added to git is not there, as it would not be for others.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ask, atDemo, takeUp } from './demo/support.ts'
import { blocksOf, openShell, play, sectionOf, variablesOf, type Block } from './support/documents.ts'
import { until } from './support/until.ts'

const [quickStart, ...others] = blocksOf('README.md', sectionOf('README.md', '## Run it'))
const story = blocksOf('README.md', sectionOf('README.md', '## Play the story').split('\n### ')[0])

const unpacked = existsSync('.git') ? false : 'there is no repository to be cloned'

test('a fresh clone that follows the README has the demo and the story', { skip: unpacked }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'newcomer-'))
  t.after(() => rmSync(folder, { recursive: true, maxRetries: 5 }))
  const env = newcomersEnvironment(folder)
  assert.ok(quickStart)
  assert.deepEqual(others, [])

  const banner = await startAsWritten(t, quickStart, publish(folder), { ...env, PORT: '0' })

  const [demo = assert.fail(banner)] = /http:\S+\/demo/.exec(banner) ?? []
  await t.test('the page shows how a watch becomes the twin of a phone', async (t) => {
    const stage = await atDemo(t, demo)
    const { page, watch, phone, problems, foreign } = stage
    const shown = await ask(stage)
    const [code = 0, others = 0] = await page.evaluate<number[]>(largestFonts)
    assert.ok(code > others, `the code has ${code} px, something else ${others}`)
    await takeUp(stage, shown)
    await watch.getByRole('switch', { checked: true }).waitFor()
    await phone.getByRole('switch', { name: 'Twinning with myWatch', checked: true }).waitFor()
    assert.equal(await watch.locator('a').getAttribute('href'), 'tel:+15550999')
    assert.deepEqual([problems, foreign], [[], []])
  })
  await t.test('every step of the story does in a second shell what the README says', async (t) => {
    assert.ok(story.length >= 7)
    await play(openShell(t, folder, { ...env, ...variablesOf(banner) }), story, fillIn)
  })
})

/** For the page to tell: the largest font on the two devices, in pixels, of the code that is shown and of all else. */
const largestFonts = `
  [true, false].map((isCode) => Math.max(...[...document.querySelectorAll('section *')]
    .filter((element) => (element.closest('.code') !== null) === isCode)
    .map((element) => parseFloat(getComputedStyle(element).fontSize))))`

/** What the newcomer clones: the last commit, and on top of it what was changed since. */
function publish(folder: string): string {
  const repository = join(folder, 'repository')
  const git = (args: string[], cwd: string, input = '') =>
    execFileSync('git', args, { cwd, input, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: 'pipe' })
  git(['clone', '--quiet', '.', repository], '.')
  const changed = git(['diff', '--binary', 'HEAD'], '.')
  if (changed) {
    git(['apply', '--index', '--whitespace=nowarn'], repository, changed)
    git(['-c', 'user.name=test', '-c', 'user.email=', 'commit', '--quiet', '-m', 'changed'], repository)
  }
  return repository
}

function newcomersEnvironment(folder: string): Record<string, string> {
  const home = join(folder, 'home')
  mkdirSync(home)
  // `npm test` puts the pinned Node in front of the machine's.
  const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.includes('node_modules'))
  const npm = (name: string) => execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim()
  return {
    PATH: path.join(delimiter),
    HOME: home,
    // The one thing that is not new: what npm has downloaded before, and how it gets there, so that a run of the tests does not
    // load a quarter of a gigabyte, and works without a network.
    npm_config_cache: npm('cache'),
    npm_config_userconfig: npm('userconfig'),
    npm_config_prefer_offline: 'true',
  }
}

/** Gives what is printed when all is there; ended with the test, by Ctrl-C. */
async function startAsWritten(
  t: TestContext,
  { code }: Block,
  repository: string,
  env: Record<string, string>,
): Promise<string> {
  const script = code.replace('<this repository>', repository)
  const shell = spawn('sh', ['-euc', script], { cwd: resolve(repository, '..'), env, detached: true })
  const ended = new Promise((done) => shell.once('close', done))
  t.after(async () => {
    if (shell.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGINT')
    await ended
  })
  let printed = ''
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const up = () => printed.includes('Ctrl-C stops it all')
  await until('it is up', () => up() || shell.exitCode !== null, 240_000)
  assert.ok(up(), printed)
  return printed
}

/** `CODE=…` and `AUTH_CODE=…`, from the last answer that had one. */
function fillIn(code: string, printed: string): string {
  const fields: Record<string, string> = { CODE: 'activationCode', AUTH_CODE: 'authCode' }
  return code.replace(/^(\w+)=…$/m, (_, name: string) => {
    const values = [...printed.matchAll(new RegExp(`"${fields[name]}":"([^"]+)"`, 'g'))]
    return `${name}=${values.at(-1)?.[1] ?? assert.fail(`no ${name} in ${printed}`)}`
  })
}
