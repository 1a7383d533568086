// C2 and C3: a request for much that is new, and many for the same that is new. How long, and how many calls of an operator
// that takes 20 ms?
import { openConnections } from '../harness/burst.ts'
import type { Row } from '../harness/rows.ts'
import type { Run, Scenario } from '../harness/run.ts'
import { median, quantile } from '../harness/statistics.ts'
import type { Subject } from '../harness/subjects.ts'
import { rawRequest } from '../harness/wrk.ts'
import { deviceAt } from '../servers/twinnings.ts'
import { delayMs, directRequest } from './cold.ts'
import { entitiesOf, w1Query } from './warm.ts'

const warmUp = 20
const rounds = { quick: 25, full: 60 }
const devicesAtOnce = 10
const twinningsOfEach = 5
const callers = 200

// Behind those of C1.
let nextDevice = 5_000_000

type Burst = {
  readonly name: string
  readonly what: string
  readonly connections: number
  readonly requests: (subject: Subject, tokens: readonly string[]) => string[]
}

export const c2 = burst({
  name: 'C2',
  what: 'cold, an operator that takes 20 ms, 50 twinnings of 10 devices in one _entities, one after the other',
  connections: 1,
  requests: ({ idOf }, [token]) => {
    const ids = Array.from({ length: devicesAtOnce }, () => deviceAt(nextDevice++)).flatMap((device) =>
      Array.from({ length: twinningsOfEach }, (_, n) => idOf({ device, twinningId: `t${n}` })),
    )
    return [rawRequest(entitiesOf(ids), token)]
  },
})

export const c3 = burst({
  name: 'C3',
  what: 'cold, an operator that takes 20 ms, 200 connections that ask for the same twinning at once',
  connections: callers,
  requests: ({ idOf }, tokens) => {
    const id = idOf({ device: deviceAt(nextDevice++), twinningId: 't1' })
    return tokens.slice(0, callers).map((token) => rawRequest({ query: w1Query, variables: { id } }, token))
  },
})

function burst({ name, what, ...how }: Burst): Scenario {
  return {
    name,
    what,
    measure: async (run) => {
      await run.world.operator.answerAfter(delayMs)
      try {
        const rows: Row[] = [
          { scenario: name, subject: 'the operator alone', ...(await measureOperator(run)) },
        ]
        for (const subject of run.subjects)
          rows.push({ scenario: name, subject: subject.name, ...(await measure(run, subject, how)) })
        return rows
      } finally {
        await run.world.operator.answerAfter(0)
      }
    },
  }
}

async function measure(
  { world: { operator, issuer }, quick, profile }: Run,
  subject: Subject,
  { connections, requests }: Pick<Burst, 'connections' | 'requests'>,
) {
  const open = await openConnections(subject.url, connections)
  for (let n = 0; n < warmUp; n++) await open.send(requests(subject, issuer.tokens))
  await operator.calls()
  await profile(subject, 'start')
  const took: number[] = []
  const count = quick ? rounds.quick : rounds.full
  for (let n = 0; n < count; n++) {
    const { answers } = await open.send(requests(subject, issuer.tokens))
    took.push(...answers.map(({ ms }) => ms))
    const bad = answers.find(({ text }) => !text.startsWith('HTTP/1.1 200') || text.includes('"errors"'))
    if (bad) throw new Error(`${subject.name} answered ${bad.text.slice(0, 500)}`)
  }
  const operatorCalls = (await operator.calls()) / count
  await profile(subject, 'stop')
  open.close()
  return { rounds: count, medianMs: median(took), p99Ms: quantile(took, 0.99), operatorCalls }
}

/** What there is no way below. */
async function measureOperator({ world: { operator } }: Run) {
  const open = await openConnections(operator.url, 1)
  const took: number[] = []
  for (let n = 0; n < rounds.quick; n++) {
    const { answers } = await open.send([directRequest()])
    took.push(...answers.map(({ ms }) => ms))
  }
  open.close()
  return { rounds: rounds.quick, medianMs: median(took), p99Ms: quantile(took, 0.99) }
}
