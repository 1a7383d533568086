// `npm run bench:soak`: 100,000 different twinnings and 20,000 different documents through one gateway. What it keeps is
// bounded, so that its memory has to level off: more in the last third than the share below, and this fails.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { ours, startSubject } from './harness/subjects.ts'
import { createWorld, refAt } from './harness/world.ts'
import type { Asked } from './harness/wrk.ts'
import { w1Query } from './scenarios/warm.ts'

const twinnings = 100_000
const documents = 20_000
const parts = 10
const connections = 32
const mostGrowth = 0.05

// Each process that is started ends with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const world = await createWorld()
const memoryFile = `${world.folder}/memory`
const subject = await startSubject(ours, world, {
  execArgv: ['--expose-gc', '--import', fileURLToPath(new URL('harness/collect.ts', import.meta.url))],
  settings: { TWINNING_BENCH_MEMORY: memoryFile },
})
const pool = new Pool(subject.url, { connections })
const { tokens } = world.issuer

console.log('twinnings  documents  resident MB  heap MB  outside the heap MB')
const kept: number[] = []
for (let part = 0; part <= parts; part++) {
  if (part > 0) await sendPart(part - 1)
  const { rss, heapUsed, external } = await memory()
  kept.push(heapUsed + external)
  const cells = [
    (part * twinnings) / parts,
    (part * documents) / parts,
    mega(rss),
    mega(heapUsed),
    mega(external),
  ]
  const widths = [9, 9, 11, 7, 19]
  console.log(cells.map((cell, n) => String(cell).padStart(widths[n] ?? 0)).join('  '))
}
const before = kept[Math.round((parts * 2) / 3)] ?? NaN
const growth = (kept.at(-1) ?? NaN) / before - 1
const isBounded = growth <= mostGrowth
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
console.log(
  `${isBounded ? 'Levels off' : 'DOES NOT LEVEL OFF'}: what is in use has grown by ${percent(growth)} in the last third; up to ${percent(mostGrowth)} passes.`,
)
await pool.destroy()
await subject.stop()
await world.close()
process.exit(isBounded ? 0 : 1)

async function sendPart(part: number): Promise<void> {
  const asked: (() => Asked)[] = []
  const [many, few] = [twinnings / parts, documents / parts]
  for (let n = 0; n < many; n++)
    asked.push(() => ({ query: w1Query, variables: { id: subject.idOf(refAt(part * many + n)) } }))
  for (let n = 0; n < few; n++) asked.push(() => another(part * few + n))
  let next = 0
  const sendOn = async () => {
    for (let at = next++; at < asked.length; at = next++)
      await send(asked[at]?.(), tokens[at % tokens.length])
  }
  await Promise.all(Array.from({ length: connections }, sendOn))
}

/** A document that nobody has sent before. */
function another(n: number): Asked {
  const query = `query Other${n}($id: ID!) { twinning(id: $id) { id name${n}: name status${n}: twinningStatus role } }`
  return { query, variables: { id: subject.idOf(refAt(n % 1000)) } }
}

async function send(asked: Asked | undefined, token: string | undefined): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(asked),
  })
  const text = await body.text()
  if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${statusCode}: ${text}`)
}

/** Of what is not garbage. */
async function memory(): Promise<NodeJS.MemoryUsage> {
  rmSync(memoryFile, { force: true })
  process.kill(subject.pid, 'SIGUSR2')
  while (!existsSync(memoryFile)) await wait(20)
  return JSON.parse(readFileSync(memoryFile, 'utf8')) as NodeJS.MemoryUsage
}

function mega(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
