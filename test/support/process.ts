// The gateway as a process of its own.
import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { createSandbox, type Sandbox } from '../../src/sandbox/world.ts'
import { keep } from './emissions.ts'
import { until } from './until.ts'

export type Started = {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly output: () => string
  readonly errors: () => string
  /** Its exit code, and how long it took from now on. */
  readonly ended: () => Promise<{ code: number | null; ms: number }>
}

/** Starts the gateway with these settings and no others, where no .env of a developer's lies about. */
export function start(t: TestContext, environment: Record<string, string>, cwd = tmpdir()): Started {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [resolve('src/main.ts')], {
    cwd,
    env: { PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const started = follow(t, child)
  const { output, errors } = started
  // With its sandbox a gateway prints tokens for whoever has started it: those lines are no log.
  child.once('close', () => keep('output', [...output().split('\n').filter((line) => line.startsWith('{')), errors()].join('\n'))) // prettier-ignore
  return started
}

/** Reads what a process prints, and ends it with the test. */
export function follow(t: TestContext, child: Started['child']): Started {
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const exit = once(child, 'close') as Promise<[number | null]>
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended: async () => {
      const from = performance.now()
      const [code] = await exit
      return { code, ms: performance.now() - from }
    },
  }
}

/** The URL in the log line that says where it listens. */
export async function listening({ output, child }: Started): Promise<string> {
  const line = /"msg":"Server listening at (http:[^"]+)"/
  await until('it listens', () => line.test(output()) || child.exitCode !== null, 15_000)
  return line.exec(output())?.[1] ?? assert.fail(output())
}

/** Two operators, and the settings of a gateway that is to use them. */
export async function withOperators(
  t: TestContext,
): Promise<{ sandbox: Sandbox; environment: Record<string, string> }> {
  const sandbox = await createSandbox()
  t.after(sandbox.close)
  const folder = mkdtempSync(join(tmpdir(), 'operators-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'operators.json')
  writeFileSync(file, JSON.stringify(sandbox.operatorTable))
  const { jwksUrl, issuer, audience } = sandbox.issuer
  return {
    sandbox,
    environment: { OMA_OPERATORS_FILE: file, JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
  }
}
