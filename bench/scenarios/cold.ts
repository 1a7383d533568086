// C1: every twinning that is asked for is new, and the operator takes its time. The limit is the operator itself, asked
// for the same number of answers without anybody between.
import { join } from 'node:path'
import { measurePaired, summary } from '../harness/paired.ts'
import type { Row } from '../harness/rows.ts'
import type { Run, Scenario } from '../harness/run.ts'
import type { Subject } from '../harness/subjects.ts'
import { cpuSeconds, family, forgetPeak, peakMegabytes } from '../harness/usage.ts'
import { drive, rawRequest, writeRequests, type Slice } from '../harness/wrk.ts'
import { deviceAt } from '../servers/twinnings.ts'
import { w1Query } from './warm.ts'

const delayMs = 20
// Above what 64 connections can ask in a second of an operator that takes 20 ms, which is 3,200.
const perSlice = 3400
const seconds = 1
// No scenario that keeps things warm reaches these devices.
const firstDevice = 1_000_000

type Tally = { cpu: number; requests: number; calls: number }

export const c1: Scenario = {
  name: 'C1',
  what: 'cold, an operator that takes 20 ms, every id new, 64 connections',
  measure: async (run) => {
    const { operator } = run.world
    await operator.answerAfter(delayMs)
    try {
      return await measure(run)
    } finally {
      await operator.answerAfter(0)
    }
  },
}

async function measure({ world, subjects, patience, profile }: Run): Promise<Row[]> {
  const { operator, issuer, folder } = world
  const tallies = new Map<Subject, Tally>(
    subjects.map((subject) => [subject, { cpu: 0, requests: 0, calls: 0 }]),
  )
  let next = firstDevice

  /** A file of requests for what nobody has asked for yet. */
  function fresh({ idOf }: Subject): string {
    const file = join(folder, 'cold')
    const raw = Array.from({ length: perSlice * seconds }, (_, n) => {
      const id = idOf({ device: deviceAt(next++), twinningId: 't1' })
      return rawRequest({ query: w1Query, variables: { id } }, issuer.tokens[n % issuer.tokens.length])
    })
    writeRequests(file, raw)
    return file
  }

  async function slice(subject: Subject): Promise<Slice> {
    const file = fresh(subject)
    const pids = family(subject.pid)
    const cpu = cpuSeconds(pids)
    await operator.calls()
    const seen = await drive({ url: subject.url, file, seconds })
    const tally = tallies.get(subject)
    if (tally) {
      tally.cpu += cpuSeconds(pids) - cpu
      tally.requests += seen.requests
      tally.calls += await operator.calls()
    }
    return seen
  }

  const direct = join(folder, 'direct')
  const path = `/twinning/v1/${encodeURIComponent(deviceAt(1))}/twinnings/t1`
  writeRequests(direct, [`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`])
  for (const subject of subjects) {
    // Twice: connections and just-in-time compilation.
    await slice(subject)
    await slice(subject)
    tallies.set(subject, { cpu: 0, requests: 0, calls: 0 })
    forgetPeak(family(subject.pid))
    await profile(subject, 'start')
  }
  const limit = () => drive({ url: operator.url, file: direct, seconds })
  const found = await measurePaired(subjects, { limit, slice }, patience)
  for (const subject of subjects) await profile(subject, 'stop')
  return [...found].map(([subject, paired]) => {
    const { cpu, requests, calls } = tallies.get(subject) ?? { cpu: NaN, requests: NaN, calls: NaN }
    return {
      scenario: 'C1',
      subject: subject.name,
      ...summary(paired),
      operatorCalls: calls / requests,
      cpuUs: (cpu / requests) * 1e6,
      peakMb: peakMegabytes(family(subject.pid)),
    }
  })
}
