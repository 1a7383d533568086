import { join } from 'node:path'
import { startLimit } from '../harness/limit.ts'
import { measurePaired, perSecond, summary } from '../harness/paired.ts'
import { post } from '../harness/post.ts'
import type { Row } from '../harness/rows.ts'
import type { Run, Scenario } from '../harness/run.ts'
import type { Subject } from '../harness/subjects.ts'
import { cpuSeconds, family, forgetPeak, peakMegabytes } from '../harness/usage.ts'
import { drive, rawRequest, writeRequests, type Slice } from '../harness/wrk.ts'
import type { Warm } from './warm.ts'

// Until just-in-time compilation has settled; what is measured begins after that.
const warmUpSeconds = 2
const fewRequests = 500

type Tally = { cpu: number; requests: number; calls: number }

/** Requests per second as a share of the limit's, over and over the same requests. */
export function throughput(warm: Warm): Scenario {
  return { name: warm.name, what: warm.what, measure: (run) => measure(run, warm) }
}

async function measure(run: Run, warm: Warm): Promise<Row[]> {
  const { world, subjects, patience } = run
  const files = new Map(subjects.map((subject) => [subject, prepare(run, subject, warm)]))
  const [first] = subjects
  if (!first) return []
  const { text } = await post(first.url, warm.create(first.idOf)(), world.issuer.tokens[0])
  const limit = await startLimit(world.folder, text)
  const secondsOf = new Map<Subject, number>()
  const tallies = new Map<Subject, Tally>(
    subjects.map((subject) => [subject, { cpu: 0, requests: 0, calls: 0 }]),
  )

  const slice = async (subject: Subject, round: number): Promise<Slice> => {
    const pids = family(subject.pid)
    const cpu = cpuSeconds(pids)
    await world.operator.calls()
    const seen = await drive({
      url: subject.url,
      file: files.get(subject) ?? '',
      seconds: secondsOf.get(subject) ?? 1,
      from: round * 997,
    })
    const tally = tallies.get(subject)
    if (tally) {
      tally.cpu += cpuSeconds(pids) - cpu
      tally.requests += seen.requests
      tally.calls += await world.operator.calls()
    }
    run.say(`${warm.name} ${subject.name} ${Math.round(perSecond(seen))}/s`)
    return seen
  }

  await drive({ url: limit.url, file: files.get(first) ?? '', seconds: warmUpSeconds })
  for (const subject of subjects) {
    for (const asked of warm.heat(subject.idOf)) await post(subject.url, asked, world.issuer.tokens[0])
    const seen = await drive({ url: subject.url, file: files.get(subject) ?? '', seconds: warmUpSeconds })
    secondsOf.set(subject, sliceSeconds(seen))
    forgetPeak(family(subject.pid))
    await run.profile(subject, 'start')
  }
  const found = await measurePaired(
    subjects,
    { slice, limit: () => drive({ url: limit.url, file: files.get(first) ?? '', seconds: 1 }) },
    patience,
  )
  for (const subject of subjects) await run.profile(subject, 'stop')
  await limit.stop()
  return [...found].map(([subject, paired]) => {
    const { cpu, requests, calls } = tallies.get(subject) ?? { cpu: NaN, requests: NaN, calls: NaN }
    return {
      scenario: warm.name,
      subject: subject.name,
      ...summary(paired),
      operatorCalls: calls / requests,
      cpuUs: (cpu / requests) * 1e6,
      peakMb: peakMegabytes(family(subject.pid)),
    }
  })
}

/** What is in flight at the end of a slice is not counted: of few requests it would be too many. */
function sliceSeconds(warmUp: Slice): number {
  return Math.min(Math.max(Math.ceil(fewRequests / perSecond(warmUp)), 1), 4)
}

/** All get the same requests, and a token each; only the gateway looks at it. */
function prepare({ world }: Run, subject: Subject, { name, count, create }: Warm): string {
  const { tokens } = world.issuer
  const next = create(subject.idOf)
  const file = join(world.folder, `${name}-${subject.name}`)
  writeRequests(
    file,
    Array.from({ length: count }, (_, n) => rawRequest(next(), tokens[n % tokens.length])),
  )
  return file
}
