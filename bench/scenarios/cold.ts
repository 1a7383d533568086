// C1: every twinning that is asked for is new, and the operator takes its time. The limit is the operator itself, asked
// without anybody between.
import { join } from 'node:path'
import { compare, type Requests } from '../harness/compare.ts'
import type { Scenario } from '../harness/run.ts'
import type { Subject } from '../harness/subjects.ts'
import type { World } from '../harness/world.ts'
import { rawRequest, writeRequests } from '../harness/wrk.ts'
import { deviceAt } from '../servers/twinnings.ts'
import { w1Query } from './warm.ts'

export const delayMs = 20
// Above what 64 connections can ask in a second of an operator that takes 20 ms, which is 3,200.
const perSecond = 3400

// No scenario that keeps things warm reaches these devices.
let nextDevice = 1_000_000

export const c1: Scenario = {
  name: 'C1',
  what: `cold, an operator that takes ${delayMs} ms, every id new, 64 connections`,
  measure: async (run) => {
    const { operator, folder } = run.world
    const file = join(folder, 'direct')
    writeRequests(file, [directRequest()])
    await operator.answerAfter(delayMs)
    try {
      return await compare(run, {
        scenario: 'C1',
        subjects: run.subjects,
        limit: { url: operator.url, file },
        next: (subject, seconds) => fresh(run.world, subject, seconds),
        seconds: run.quick ? 1 : 2,
      })
    } finally {
      await operator.answerAfter(0)
    }
  },
}

/** Requests for what nobody has asked for yet. */
function fresh({ folder, issuer: { tokens } }: World, { idOf }: Subject, seconds: number): Requests {
  const file = join(folder, 'cold')
  const raw = Array.from({ length: perSecond * seconds }, (_, n) => {
    const id = idOf({ device: deviceAt(nextDevice++), twinningId: 't1' })
    return rawRequest({ query: w1Query, variables: { id } }, tokens[n % tokens.length])
  })
  writeRequests(file, raw)
  return { file }
}

/** The call of an operator that a twinning costs. */
export function directRequest(): string {
  const path = `/twinning/v1/${encodeURIComponent(deviceAt(1))}/twinnings/t1`
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`
}
