// `npm run bench`: the gateway and its peers against a limit, all in one run. bench/README.md says how and why.
import { resolve } from 'node:path'
import { readOptions, usage } from './options.ts'
import type { Patience } from './harness/paired.ts'
import { createProfiler } from './harness/profiler.ts'
import { save } from './harness/report.ts'
import { checkSame } from './harness/same.ts'
import { tableOf, type Row } from './harness/rows.ts'
import type { Run } from './harness/run.ts'
import { ours, startSubject, type StartOptions } from './harness/subjects.ts'
import { createWorld } from './harness/world.ts'
import { scenarios } from './scenarios/index.ts'

// Each process that is started has to end with this one.
process.setMaxListeners(100)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const started = performance.now()
const options = read()
const wanted = scenarios.filter(({ name, slow }) =>
  options.only.length > 0 ? options.only.includes(name) : !(options.quick && slow),
)
const world = await createWorld()
const profiler = options.profile ? createProfiler(world.folder) : undefined

const start = (name: string, { settings, execArgv = [], ...more }: StartOptions = {}) =>
  startSubject(name, world, {
    ...more,
    settings: name === ours ? { ...options.settings, ...profiler?.environment, ...settings } : {},
    execArgv: name === ours && profiler ? [...profiler.execArgv, ...execArgv] : execArgv,
  })

const subjects = []
for (const name of options.subjects) subjects.push(await start(name))
if (options.against !== undefined)
  subjects.push(await start(ours, { root: resolve(options.against), label: 'against' }))
const run: Run = {
  world,
  subjects,
  start,
  quick: options.quick,
  patience: patience(),
  profile: async (subject, phase) => {
    if (subject.name === ours) await profiler?.(subject.pid, phase)
  },
  say: (text) => process.stderr.write(process.stderr.isTTY ? `\u001b[2K\r${text}` : ''),
}

await checkSame(subjects, world)
const rows: Row[] = []
for (const scenario of wanted) {
  const found = await scenario.measure(run)
  rows.push(...found)
  run.say('')
  console.log(`\n${scenario.name}: ${scenario.what}\n\n${tableOf(found)}`)
  if (profiler?.text()) console.log(`\n${profiler.text()}`)
}
const seconds = Math.round((performance.now() - started) / 1000)
if (wanted.length > 1) console.log(`\nAll of them, in ${seconds} s:\n\n${tableOf(rows)}`)
if (options.only.length === 0 && !options.quick) save(rows, seconds)
for (const subject of subjects) await subject.stop()
await world.close()
process.exit(0)

/** Whoever asks for one scenario waits for it. */
function patience(): Patience {
  if (options.quick) return { least: 3, most: 3, uncertainty: 0 }
  if (options.only.length > 0) return { least: 4, most: 6, uncertainty: 0.03 }
  return { least: 5, most: 12, uncertainty: 0.03 }
}

function read() {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}
