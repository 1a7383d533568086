import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const mostFunctions = 40
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Profiles one process at a time, from `start` to `stop`. */
export function createProfiler(folder: string) {
  const file = `${folder}/gateway.cpuprofile`
  const preload = fileURLToPath(new URL('preload.ts', import.meta.url))
  let text = ''

  async function toggle(pid: number, phase: 'start' | 'stop'): Promise<void> {
    rmSync(file, { force: true })
    process.kill(pid, 'SIGUSR2')
    if (phase === 'start') return
    while (!existsSync(file)) await wait(50)
    await wait(500)
    text = describeProfile(JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile)
  }
  return Object.assign(toggle, {
    execArgv: ['--import', preload],
    environment: { TWINNING_BENCH_PROFILE: file },
    /** What was found the last time. */
    text: () => text,
  })
}

/** The functions with the most time of their own, as shares of all time in which something was done. */
export function describeProfile({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string {
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  const spent = new Map<string, number>()
  for (const [at, id] of samples.entries()) {
    const name = nameOf.get(id) ?? '?'
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[at] ?? 0))
  }
  spent.delete('(idle)')
  spent.delete('(root)')
  const total = [...spent.values()].reduce((sum, one) => sum + one, 0)
  return [...spent]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, mostFunctions)
    .map(([name, us]) => `${((us / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n')
}

function placeOf({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName || '(native)'
  const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
  return `${functionName || '(anonymous)'} ${path.replace('node_modules/', '')}:${lineNumber + 1}`
}
