// How time and memory grow with the size of one `_entities`, everything cached. The peers' would take minutes at the end,
// so that only the gateway is asked.
import { openConnections } from '../harness/burst.ts'
import { post } from '../harness/post.ts'
import type { Row } from '../harness/rows.ts'
import type { Scenario } from '../harness/run.ts'
import { median, quantile } from '../harness/statistics.ts'
import { ours } from '../harness/subjects.ts'
import { family, forgetPeak, peakMegabytes } from '../harness/usage.ts'
import { rawRequest } from '../harness/wrk.ts'
import { refAt } from '../harness/world.ts'
import { entitiesOf } from './warm.ts'

const sizes = [1, 10, 100, 1000, 10_000]
// So many representations are asked for at each size.
const altogether = 60_000
const most = 500

export const growth: Scenario = {
  name: 'growth',
  what: '_entities of 1, 10, 100, 1,000 and 10,000 different representations, warm, one after the other',
  slow: true,
  measure: async ({ world: { issuer }, start }) => {
    const subject = await start(ours)
    const [token] = issuer.tokens
    const rows: Row[] = []
    const open = await openConnections(subject.url, 1)
    for (const size of sizes) {
      const asked = entitiesOf(Array.from({ length: size }, (_, n) => subject.idOf(refAt(n))))
      const request = rawRequest(asked, token)
      await post(subject.url, asked, token)
      const pids = family(subject.pid)
      const count = Math.min(Math.max(Math.round(altogether / size), 6), most)
      for (let n = 0; n < count / 3; n++) await open.send([request])
      forgetPeak(pids)
      const took: number[] = []
      for (let n = 0; n < count; n++) {
        const { answers } = await open.send([request])
        took.push(...answers.map(({ ms }) => ms))
      }
      const medianMs = median(took)
      rows.push({
        scenario: `growth ${size.toLocaleString('en')}`,
        subject: subject.name,
        rounds: count,
        medianMs,
        p99Ms: quantile(took, 0.99),
        peakMb: peakMegabytes(pids),
        note: `${((medianMs / size) * 1000).toFixed(1)} µs each`,
      })
    }
    open.close()
    await subject.stop()
    return rows
  },
}
