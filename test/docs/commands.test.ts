// Commands of the documents, as a person pastes them: those after a comment `run`, which may say what must be printed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { promisify } from 'node:util'
import { listening, start } from '../support/process.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)

type Command = { readonly script: string; readonly prints: string }

function commandsOf(page: string): Command[] {
  const marked = /^<!-- run(?:: (.*))? -->\n+```sh\n([^]*?)^```$/gm
  return [...readFileSync(page, 'utf8').matchAll(marked)].map(([, prints = '', script = '']) => ({
    prints,
    script,
  }))
}

/** Runs them in one shell, one after the other, and gives what each of them has printed. */
async function inOneShell(commands: readonly Command[], env: Record<string, string>): Promise<string[]> {
  const end = '--- end of a command ---'
  const script = commands.map((command) => `${command.script}\necho '${end}'\n`).join('')
  const { stdout, stderr } = await run('sh', ['-euc', script], { env, timeout: 30_000 })
  assert.equal(stderr, '')
  return stdout.split(`${end}\n`).slice(0, -1)
}

test('every marked command of docs/partners.md does in a shell what the page says', async (t) => {
  const commands = commandsOf('docs/partners.md')
  const started = start(t, {})
  await listening(started)
  await until('the banner is complete', () => started.output().includes('Ctrl-C stops it all'), 15_000)
  const variables = Object.fromEntries(
    [...started.output().matchAll(/^([A-Z_]+)=(\S+)$/gm)].map(([, name, value]) => [name!, value!]),
  )

  const printed = await inOneShell(commands, { PATH: process.env.PATH ?? '', ...variables })

  assert.ok(commands.length >= 7)
  for (const [i, { script, prints }] of commands.entries())
    assert.ok(printed[i]?.includes(prints), `${script} printed ${printed[i]}, not ${prints}`)
})
