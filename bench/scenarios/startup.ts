// From the start of the process until /health/ready answers 200.
import type { Row } from '../harness/rows.ts'
import type { Scenario } from '../harness/run.ts'
import { median, quantile } from '../harness/statistics.ts'
import { ours } from '../harness/subjects.ts'
import { family, residentMegabytes } from '../harness/usage.ts'

export const startup: Scenario = {
  name: 'startup',
  what: 'from the start of the process until /health/ready answers 200, with an operator and Redis, without sandbox',
  measure: async ({ quick, start }) => {
    const took: number[] = []
    const memory: number[] = []
    for (let n = 0; n < (quick ? 5 : 11); n++) {
      const subject = await start(ours)
      took.push(subject.readyMs)
      memory.push(residentMegabytes(family(subject.pid)))
      await subject.stop()
    }
    const row: Row = {
      scenario: 'startup',
      subject: ours,
      rounds: took.length,
      medianMs: median(took),
      p99Ms: quantile(took, 0.99),
      peakMb: median(memory),
    }
    return [row]
  },
}
