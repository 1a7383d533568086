// What stands in the documents between fences, and a shell into which it is pasted.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { until } from './until.ts'

export type Block = {
  /** `README.md:34` */
  readonly where: string
  readonly language: string
  readonly code: string
  /** The comment in front of it: whether it is run, and what it prints. */
  readonly mark: string | undefined
}

/**
 * The fenced blocks of a page, in order.
 *
 * @param text the page, or the part of it that is wanted; lines are counted in the whole page
 */
export function blocksOf(page: string, text = readFileSync(page, 'utf8')): Block[] {
  const whole = readFileSync(page, 'utf8')
  const fenced = /(?:<!-- ((?:(?!-->).)*) -->\s*\n)?^( *)```(\w*)[^\n]*\n([^]*?)^\2```$/gm
  return [...text.matchAll(fenced)].map(([all, mark, indent = '', language = '', code = '']) => ({
    where: `${page}:${whole.slice(0, whole.indexOf(all)).split('\n').length}`,
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    mark,
  }))
}

/** What a page says under a heading, up to the next of the same rank or a higher one. */
export function sectionOf(page: string, heading: string): string {
  const [rank = ''] = /^#+/.exec(heading) ?? []
  const [, rest] = readFileSync(page, 'utf8').split(`\n${heading}\n`)
  assert.ok(rest !== undefined, `${page} has no "${heading}"`)
  const [section = ''] = rest.split(new RegExp(`^#{1,${rank.length}} `, 'm'))
  return section
}

export type Shell = {
  /** What is to be seen when it is done; throws where it fails. */
  readonly run: (script: string) => Promise<string>
  /** Starts what does not end by itself; what is answered gives what it has printed so far. */
  readonly runOn: (script: string) => () => string
}

/** A POSIX shell that stays open, so that variables and functions of one block are there for the next. */
export function openShell(t: TestContext, cwd: string, env: Record<string, string>): Shell {
  const outputs = mkdtempSync(join(tmpdir(), 'shell-'))
  // In a process group of its own: what it has started ends with it.
  const shell = spawn('sh', ['-eu'], { cwd, env, detached: true })
  const ended = new Promise((resolve) => shell.once('close', resolve))
  t.after(async () => {
    if (shell.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGKILL')
    await ended
    rmSync(outputs, { recursive: true })
  })
  let printed = ''
  let errors = ''
  let calls = 0
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return {
    run: async (script) => {
      const end = `--- end of ${++calls} ---\n`
      const from = printed.length
      shell.stdin.write(`{\n${script}\n} </dev/null 2>&1\nprintf '%s' '${end}'\n`)
      await until(script, () => printed.endsWith(end) || shell.exitCode !== null, 60_000)
      assert.equal(shell.exitCode, null, `${script} has failed: ${printed.slice(from)}${errors}`)
      return printed.slice(from, -end.length)
    },
    runOn: (script) => {
      const output = join(outputs, String(++calls))
      writeFileSync(output, '')
      shell.stdin.write(`{\n${script}\n} </dev/null >'${output}' 2>&1 &\n`)
      return () => readFileSync(output, 'utf8')
    },
  }
}

/**
 * Runs the marked blocks of a page as its reader does, one after the other.
 *
 * @param fill what a reader puts in the place of `…`, seeing what was printed so far
 */
export async function play(
  { run, runOn }: Shell,
  blocks: readonly Block[],
  fill: (code: string, printed: string) => string = (code) => code,
): Promise<void> {
  const going: { where: string; prints: string; output: () => string }[] = []
  let printed = ''
  for (const { where, code, mark = '' } of blocks) {
    const [, how, , prints = ''] = /^(run|run until)(: (.*))?$/.exec(mark) ?? []
    if (how === 'run until') {
      const output = runOn(code)
      // A person sees that it is open before going on: a stream begins with an empty comment.
      await until(`${where} prints anything`, () => output() !== '', 15_000)
      going.push({ where, prints, output })
    }
    if (how !== 'run') continue
    const answer = await run(fill(code, printed))
    assert.ok(answer.includes(prints), `${where} printed ${answer}, not ${prints}`)
    printed += answer
  }
  for (const { where, prints, output } of going)
    await until(`${where} prints ${prints}`, () => output().includes(prints), 15_000)
}

/** The variables of the banner of `npm start`, as they are pasted. */
export function variablesOf(banner: string): Record<string, string> {
  return Object.fromEntries([...banner.matchAll(/^([A-Z_]+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value])) // prettier-ignore
}
