// Gateways as processes of their own, in front of operators and a Redis that the test has started.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import type { Sandbox } from '../../src/sandbox/world.ts'
import { until } from '../support/until.ts'

export type Instance = {
  readonly url: string
  readonly pid: number
  readonly isRunning: () => boolean
  /** What it has written to its standard error. */
  readonly errors: () => string
  /** Lines of its log that tell of mistakes of its own. */
  readonly mistakes: () => readonly string[]
  readonly terminate: () => void
  /** Its exit code, and when it came. */
  readonly ended: Promise<{ readonly code: number | null; readonly at: number }>
}

/** What a gateway needs to stand in front of this sandbox, and of more operators. */
export function settingsFor(
  t: TestContext,
  sandbox: Sandbox,
  more: readonly object[] = [],
): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'operators-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'operators.json')
  writeFileSync(file, JSON.stringify([...sandbox.operatorTable, ...more]))
  const { jwksUrl, issuer, audience } = sandbox.issuer
  return { OMA_OPERATORS_FILE: file, JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience }
}

/** Starts `src/main.ts`; resolves once it listens. Ended with the test, and with the test's process. */
export async function startInstance(t: TestContext, environment: Record<string, string>): Promise<Instance> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [resolve('src/main.ts')], {
    cwd: tmpdir(),
    env: { PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => void child.kill('SIGKILL')
  t.after(kill)
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let head = ''
  const mistakes: string[] = []
  let errors = ''
  // Read on for as long as it runs: a full pipe would stop it.
  createInterface({ input: child.stdout }).on('line', (line) => {
    head = `${head}${line}\n`.slice(0, 10_000)
    if (/"level":[56]0/.test(line)) mistakes.push(line)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, at: performance.now() }))
  const line = /"msg":"Server listening at (http:[^"]+)"/
  await until('it listens', () => line.test(head) || child.exitCode !== null, 20_000)
  return {
    url: line.exec(head)?.[1] ?? assert.fail(head + errors),
    pid: child.pid!,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    errors: () => errors,
    mistakes: () => mistakes,
    terminate: () => void child.kill('SIGTERM'),
    ended,
  }
}
