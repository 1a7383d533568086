import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const mostFunctions = 30
const mostOfNode = 15
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

/**
 * The functions with the most time, as shares of all time in which something was done. What Node does for a function (no
 * file, or one of Node's own) counts as that function's; the second list says what that was.
 */
export function describeProfile({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string {
  const parentOf = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const frameOf = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const byFunction = new Map<string, number>()
  const byNode = new Map<string, number>()
  let total = 0
  for (const [at, id] of samples.entries()) {
    const frame = frameOf.get(id)
    if (!frame || /^\((?:idle|root)\)$/.test(frame.functionName)) continue
    const us = timeDeltas[at] ?? 0
    let owner: number | undefined = id
    while (owner !== undefined && !isFile(frameOf.get(owner))) owner = parentOf.get(owner)
    const ownerFrame = owner === undefined ? frame : frameOf.get(owner)
    total += us
    add(byFunction, placeOf(ownerFrame ?? frame), us)
    if (!isFile(frame)) add(byNode, placeOf(frame), us)
  }
  return `${topOf(byFunction, total, mostFunctions)}\n\nof that, in Node:\n${topOf(byNode, total, mostOfNode)}`
}

function topOf(spent: ReadonlyMap<string, number>, total: number, most: number): string {
  return [...spent]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, most)
    .map(([name, us]) => `${((us / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n')
}

function add(spent: Map<string, number>, name: string, us: number): void {
  spent.set(name, (spent.get(name) ?? 0) + us)
}

type Frame = Profiler.Profile['nodes'][number]['callFrame']

function isFile(frame: Frame | undefined): boolean {
  return frame !== undefined && (frame.url.startsWith('file:') || frame.url.startsWith('/'))
}

function placeOf({ functionName, url, lineNumber }: Frame): string {
  if (url === '') return functionName || '(native)'
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const short = path.startsWith('/') ? relative(root, path) : path
  return `${functionName || '(anonymous)'} ${short.replace('node_modules/', '')}:${lineNumber + 1}`
}
