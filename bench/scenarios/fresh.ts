// W1 and W3u of instances that have just been started, while Redis has all that is asked for: what whoever deploys sees.
import { join } from 'node:path'
import { startLimit } from '../harness/limit.ts'
import { measurePaired, summary } from '../harness/paired.ts'
import { post } from '../harness/post.ts'
import type { Row } from '../harness/rows.ts'
import type { Run, Scenario } from '../harness/run.ts'
import { ours } from '../harness/subjects.ts'
import { drive } from '../harness/wrk.ts'
import { startRedisServer } from '../redis.ts'
import { prepare } from './throughput.ts'
import { w1, w3u, type Warm } from './warm.ts'

const seconds = 2

export const fresh: Scenario = {
  name: 'fresh',
  what: `W1 and W3u in the first ${seconds} seconds of an instance that has just started, everything in Redis`,
  slow: true,
  measure: async (run) => {
    const rows: Row[] = []
    for (const warm of [w1, w3u]) rows.push(await measure(run, warm))
    return rows
  },
}

async function measure(run: Run, warm: Warm): Promise<Row> {
  const { world, start, patience } = run
  const scenario = `${warm.name}-fresh`
  const redis = await startRedisServer()
  const other = await start(ours, { redisUrl: redis.url })
  const [token] = world.issuer.tokens
  for (const asked of warm.heat(other.idOf)) await post(other.url, asked, token)
  const { text } = await post(other.url, warm.create(other.idOf)(), token)
  const file = join(world.folder, scenario)
  const requests = prepare(file, other, warm, world.issuer.tokens)
  await other.stop()
  const limit = await startLimit(world.folder, text)

  const atLimit = () => drive({ url: limit.url, seconds, ...requests })
  const slice = async (name: string) => {
    const subject = await start(name, { redisUrl: redis.url })
    const seen = await drive({ url: subject.url, seconds, ...requests })
    await subject.stop()
    return seen
  }
  await atLimit()
  const found = await measurePaired([ours], { limit: atLimit, slice }, patience)
  await limit.stop()
  await redis.stop()
  const paired = found.get(ours)
  if (!paired) throw new TypeError('the gateway was not measured')
  return { scenario, subject: ours, ...summary(paired) }
}
