// The warm scenarios, and the same with one token for all connections, and with so many workers.
import { join } from 'node:path'
import { compare, type Requests } from '../harness/compare.ts'
import { startLimit } from '../harness/limit.ts'
import { post } from '../harness/post.ts'
import type { Row } from '../harness/rows.ts'
import type { Run, Scenario } from '../harness/run.ts'
import { ours, type Subject } from '../harness/subjects.ts'
import { rawRequest, writeRequests } from '../harness/wrk.ts'
import { w1, w3u, type Warm } from './warm.ts'

// At the end of a slice each connection has a request that was sent and is not counted.
const inFlight = 64

export function throughput(warm: Warm): Scenario {
  return {
    name: warm.name,
    what: warm.what,
    measure: (run) => measure(run, warm, { scenario: warm.name, subjects: run.subjects }),
  }
}

export function withOneToken(warm: Warm): Scenario {
  const name = `${warm.name}-one-token`
  return {
    name,
    what: `${warm.name} with one token for all connections instead of 1,000`,
    slow: true,
    measure: (run) => {
      const subjects = run.subjects.filter((subject) => subject.name === ours)
      return measure(run, warm, { scenario: name, subjects, tokens: 1 })
    },
  }
}

export const workers: Scenario = {
  name: 'workers',
  what: 'W1 and W3u with WORKERS=1 and 2, on a machine whose cores the limit, Redis and wrk share',
  slow: true,
  measure: async (run) => {
    const subjects: Subject[] = []
    for (const count of ['1', '2'])
      subjects.push(await run.start(ours, { settings: { WORKERS: count }, label: `WORKERS=${count}` }))
    const rows: Row[] = []
    for (const warm of [w1, w3u])
      rows.push(...(await measure(run, warm, { scenario: `${warm.name}-workers`, subjects })))
    for (const subject of subjects) await subject.stop()
    return rows
  },
}

async function measure(
  run: Run,
  warm: Warm,
  { scenario, subjects, tokens }: { scenario: string; subjects: readonly Subject[]; tokens?: number },
): Promise<Row[]> {
  const [first] = subjects
  if (!first) return []
  const { issuer, folder } = run.world
  const prepared = new Map<Subject, Requests>()
  for (const subject of subjects) {
    const file = join(folder, `${scenario}-${subject.name}`)
    prepared.set(subject, prepare(file, subject, warm, issuer.tokens.slice(0, tokens)))
  }
  const [token] = issuer.tokens
  const { text } = await post(first.url, warm.create(first.idOf)(), token)
  const bytesOf = new Map<Subject, number>()
  for (const subject of subjects)
    for (const asked of warm.heat(subject.idOf))
      bytesOf.set(subject, (await post(subject.url, asked, token)).bytes)
  const limit = await startLimit(folder, text)
  const taken = new Map<Subject, number>()
  const next = (subject: Subject): Requests => ({
    ...(prepared.get(subject) ?? { file: '' }),
    from: taken.get(subject) ?? 0,
  })
  const rows = await compare(run, {
    scenario,
    subjects,
    limit: { url: limit.url, ...next(first) },
    next,
    bytesOf: (subject) => bytesOf.get(subject) ?? 0,
    onTaken: (subject, requests) => taken.set(subject, (taken.get(subject) ?? 0) + requests + inFlight),
  })
  await limit.stop()
  return rows
}

/** All get the same requests, and a token each; only the gateway looks at it. */
export function prepare(
  file: string,
  subject: Subject,
  { count, create, ends }: Warm,
  tokens: readonly string[],
): Requests {
  const next = create(subject.idOf)
  writeRequests(
    file,
    Array.from({ length: count }, (_, n) => rawRequest(next(), tokens[n % tokens.length])),
  )
  if (!ends) return { file }
  writeRequests(`${file}-ends`, ends(subject.idOf))
  return { file, ends: `${file}-ends` }
}
