// `npm run audit:deps`: whether something that is shipped has a known vulnerability. Not every registry can be asked.
import { spawnSync } from 'node:child_process'

const maxMs = 20_000

type Counts = { readonly high: number; readonly critical: number }

/** What npm has found; `undefined` for whatever is no such report. */
function countsIn(text: string): Counts | undefined {
  const report = parse(text) as { metadata?: { vulnerabilities?: Partial<Counts> } } | null | undefined
  const { high, critical } = report?.metadata?.vulnerabilities ?? {}
  return typeof high === 'number' && typeof critical === 'number' ? { high, critical } : undefined
}

/** In one line, why there is no report. */
function reasonIn(text: string, error: Error | undefined): string {
  const { message } = (parse(text) ?? {}) as { message?: unknown }
  const reason = typeof message === 'string' ? message : (error?.message ?? 'no report')
  return reason.split('\n', 1).join('')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const options = ['--omit=dev', '--json', '--fetch-retries=0', `--fetch-timeout=${maxMs / 2}`]
const { stdout, error } = spawnSync('npm', ['audit', ...options], {
  encoding: 'utf8',
  timeout: maxMs,
  maxBuffer: 2 ** 26,
  stdio: ['ignore', 'pipe', 'ignore'],
})
const counts = countsIn(stdout)
if (!counts) {
  console.log(`audit: not done, as the registry gives no report here (${reasonIn(stdout, error)})`)
} else if (counts.high + counts.critical > 0) {
  console.error(stdout)
  console.error(`audit: ${counts.critical} critical and ${counts.high} high vulnerabilities`)
  process.exitCode = 1
} else {
  console.log('audit: no high or critical vulnerability is known')
}
