// W1 and W3u of an instance that has nothing in its memory, while Redis has it all: another instance has put it there.
// More twinnings are asked for in turn than memory holds, so that none is found there even in the second round.
import { join } from 'node:path'
import { compare, type Requests } from '../harness/compare.ts'
import { startLimit } from '../harness/limit.ts'
import { post } from '../harness/post.ts'
import type { Row } from '../harness/rows.ts'
import type { Run, Scenario } from '../harness/run.ts'
import { createRandom, shuffled } from '../harness/statistics.ts'
import { ours, type Subject } from '../harness/subjects.ts'
import { refAt } from '../harness/world.ts'
import { rawRequest, writeRequests, type Asked } from '../harness/wrk.ts'
import { startRedisServer } from '../redis.ts'
import { deviceAt, perDevice } from '../servers/twinnings.ts'
import { entitiesOf, w1Query } from './warm.ts'

const twinnings = 100_000
const listsAtOnce = 50
// More than can be asked for in a second.
const mostPerSecond = 50_000

const listsQuery = `query ($addresses: [DeviceAddress!]!) {
  twinningDevices(addresses: $addresses) { twinnings(first: 1) { totalCount } }
}`

export const fromRedis: Scenario = {
  name: 'redis',
  what: 'W1 and W3u of a fresh instance: 100,000 twinnings in Redis, none of them in memory',
  slow: true,
  measure: async (run) => {
    const redis = await startRedisServer()
    await fill(run, redis.url)
    const ids = shuffled(
      Array.from({ length: twinnings }, (_, n) => run.world.seal(refAt(n))),
      createRandom(4),
    )
    const hundreds = Array.from({ length: twinnings / 100 }, (_, n) =>
      entitiesOf(ids.slice(n * 100, n * 100 + 100)),
    )
    const singles = ids.map((id) => ({ query: w1Query, variables: { id } }))
    const rows: Row[] = []
    for (const [scenario, asked] of [
      ['W1-redis', singles],
      ['W3u-redis', hundreds],
    ] as const) {
      const subject = await run.start(ours, { redisUrl: redis.url })
      rows.push(...(await measure(run, subject, scenario, asked)))
      await subject.stop()
    }
    await redis.stop()
    return rows
  },
}

/** Another instance reads the lists of all devices. */
async function fill({ start, world }: Run, redisUrl: string): Promise<void> {
  const other = await start(ours, { redisUrl })
  for (let n = 0; n < twinnings / perDevice; n += listsAtOnce) {
    const addresses = Array.from({ length: listsAtOnce }, (_, m) => deviceAt(n + m))
    await post(other.url, { query: listsQuery, variables: { addresses } }, world.issuer.tokens[0])
  }
  await other.stop()
}

async function measure(
  run: Run,
  subject: Subject,
  scenario: string,
  asked: readonly Asked[],
): Promise<Row[]> {
  const { folder, issuer } = run.world
  const [first] = asked
  if (!first) return []
  const { text, bytes } = await post(subject.url, first, issuer.tokens[0])
  const limit = await startLimit(folder, text)
  const file = join(folder, scenario)
  let at = 1

  const next = (_: Subject, seconds: number): Requests => {
    const count = Math.min(asked.length, mostPerSecond * seconds)
    const part = Array.from({ length: count }, (_, n) => asked[(at + n) % asked.length] ?? first)
    writeRequests(
      file,
      part.map((each, n) => rawRequest(each, issuer.tokens[n % issuer.tokens.length])),
    )
    return { file }
  }

  next(subject, 1)
  const before = await readsOf(subject)
  const rows = await compare(run, {
    scenario,
    subjects: [subject],
    limit: { url: limit.url, file },
    next,
    bytesOf: () => bytes,
    onTaken: (_, requests) => (at += requests),
  })
  await limit.stop()
  const after = await readsOf(subject)
  const share = (after.memory - before.memory) / (after.all - before.all)
  return rows.map((row) => ({ ...row, note: `${Math.round(share * 100)} % from memory` }))
}

/** How many entries of the cache were asked for, and how many of those memory had. */
async function readsOf({ url }: Subject): Promise<{ memory: number; all: number }> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const reads = [...text.matchAll(/^twinning_cache_reads_total\{tier="(\w+)"\} (\d+)$/gm)]
  const sum = (lines: typeof reads) => lines.reduce((total, [, , count]) => total + Number(count), 0)
  return { memory: sum(reads.filter(([, tier]) => tier === 'memory')), all: sum(reads) }
}
