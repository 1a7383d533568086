import { measurePaired, perSecond, summary } from './paired.ts'
import type { Row } from './rows.ts'
import type { Run } from './run.ts'
import type { Subject } from './subjects.ts'
import { cpuSeconds, family, forgetPeak, peakMegabytes } from './usage.ts'
import { drive, type Slice } from './wrk.ts'

/** What is sent in a slice: see `drive`. */
export type Requests = {
  readonly file: string
  readonly from?: number
  readonly ends?: string | undefined
}

export type Comparison = {
  readonly scenario: string
  readonly subjects: readonly Subject[]
  /** What there is no way above, and what it is sent. */
  readonly limit: Requests & { readonly url: string }
  /** What a subject is sent next, for at most so many seconds. */
  readonly next: (subject: Subject, seconds: number) => Requests
  /** Told how many of those it has taken. */
  readonly onTaken?: (subject: Subject, requests: number) => void
  /** About how many bytes a subject's answer has: wrk does not read them, and shorter ones would be errors. */
  readonly bytesOf?: (subject: Subject) => number
  /** How long a slice is, where it has to be the same for all. */
  readonly seconds?: number
}

type Tally = { readonly slices: Slice[]; cpu: number; calls: number }

// Until just-in-time compilation has settled.
const warmUpSeconds = 2
const fewRequests = 500
const longestSeconds = 4
const shortest = 0.9

/** Requests per second of each subject as a share of the limit's. */
export async function compare(run: Run, comparison: Comparison): Promise<Row[]> {
  const { scenario, subjects, limit, next, onTaken } = comparison
  const { operator } = run.world
  const tallies = new Map<Subject, Tally>()

  async function slice(subject: Subject, seconds: number): Promise<Slice> {
    const seen = await drive({ url: subject.url, seconds, ...next(subject, seconds) })
    onTaken?.(subject, seen.requests)
    run.say(`${scenario} ${subject.name} ${Math.round(perSecond(seen))}/s`)
    return seen
  }

  async function tallied(subject: Subject, seconds: number): Promise<Slice> {
    const pids = family(subject.pid)
    const cpu = cpuSeconds(pids)
    await operator.calls()
    const seen = await slice(subject, seconds)
    const tally = tallies.get(subject) ?? { slices: [], cpu: 0, calls: 0 }
    tally.slices.push(seen)
    tally.cpu += cpuSeconds(pids) - cpu
    tally.calls += await operator.calls()
    tallies.set(subject, tally)
    return seen
  }

  const atLimit = () => drive({ seconds: comparison.seconds ?? 1, ...limit })
  await atLimit()
  const secondsOf = new Map<Subject, number>()
  for (const subject of subjects) {
    const seen = await slice(subject, warmUpSeconds)
    secondsOf.set(subject, comparison.seconds ?? sliceSeconds(seen))
    forgetPeak(family(subject.pid))
    await run.profile(subject, 'start')
  }
  const found = await measurePaired(
    subjects,
    { limit: atLimit, slice: (subject) => tallied(subject, secondsOf.get(subject) ?? 1) },
    run.patience,
  )
  for (const subject of subjects) await run.profile(subject, 'stop')
  return [...found].map(([subject, paired]) => ({
    scenario,
    subject: subject.name,
    ...summary(paired),
    ...perRequest(tallies.get(subject)),
    peakMb: peakMegabytes(family(subject.pid)),
    ...(lengthOf(paired.slices) < shortest * (comparison.bytesOf?.(subject) ?? 0)
      ? { note: 'ANSWERS TOO SHORT' }
      : {}),
  }))
}

/** Of an answer, in bytes. */
function lengthOf(slices: readonly Slice[]): number {
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0)
  return slices.reduce((sum, { bytes }) => sum + bytes, 0) / requests
}

function perRequest(tally: Tally | undefined) {
  if (!tally) return {}
  const requests = tally.slices.reduce((sum, slice) => sum + slice.requests, 0)
  return { operatorCalls: tally.calls / requests, cpuUs: (tally.cpu / requests) * 1e6 }
}

/** What is in flight at the end of a slice is not counted: of few requests it would be too many. */
function sliceSeconds(warmUp: Slice): number {
  return Math.min(Math.max(Math.ceil(fewRequests / perSecond(warmUp)), 1), longestSeconds)
}
