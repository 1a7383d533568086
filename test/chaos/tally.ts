// What came of the requests of one phase.
import assert from 'node:assert/strict'
import type { OperatorId } from './world.ts'

type Scope = OperatorId | 'both'

// Less than this judges nothing.
export const fewestAnswers = 25
export const fewestWrites = 5

export type Tally = {
  readonly asked: () => void
  readonly answered: (scope: Scope, ms: number) => void
  readonly wrote: () => void
  readonly lost: (why: string) => void
  readonly wrong: (what: string) => void
  /** A field that could not be had, with its error. */
  readonly missing: (operator: OperatorId, code: string) => void
  /** A change that was not made, with its error. */
  readonly refused: (operator: OperatorId, code: string) => void
  readonly answers: () => number
  /** What has been asked and neither answered nor lost yet. */
  readonly waiting: () => number
  readonly writes: () => number
  readonly problems: () => { readonly lost: readonly string[]; readonly wrong: readonly string[] }
  /** How many fields were missing, changes aside. */
  readonly readsMissing: () => number
  /** How many fields were missing and changes refused, of all operators. */
  readonly missingInAll: () => number
  /** How many fields of an operator were missing, or changes refused, by code. */
  readonly codesOf: (operator: OperatorId) => Readonly<Record<string, number>>
  readonly medianMs: (scope?: Scope) => number
  readonly slowestMs: (scope?: Scope) => number
  /** Which part of the answers took longer than this. */
  readonly slowerThan: (ms: number, scope: Scope) => number
  readonly summary: () => string
}

export function createTally(): Tally {
  const times: { scope: Scope; ms: number }[] = []
  const lost: string[] = []
  const wrong: string[] = []
  const codes: Record<OperatorId, Record<string, number>> = { alpha: {}, beta: {} }
  const count = (operator: OperatorId, code: string) => {
    codes[operator][code] = (codes[operator][code] ?? 0) + 1
  }
  let asked = 0
  let writes = 0
  let readsMissing = 0
  const sorted = (scope?: Scope) =>
    times
      .filter((one) => scope === undefined || one.scope === scope)
      .map(({ ms }) => ms)
      .sort((one, other) => one - other)
  const medianMs = (scope?: Scope) => {
    const all = sorted(scope)
    return all[Math.floor(all.length / 2)] ?? NaN
  }
  const slowestMs = (scope?: Scope) => sorted(scope).at(-1) ?? NaN

  return {
    asked: () => (asked += 1),
    answered: (scope, ms) => void times.push({ scope, ms }),
    wrote: () => (writes += 1),
    lost: (why) => void lost.push(why),
    wrong: (what) => void wrong.push(what),
    missing: (operator, code) => {
      readsMissing += 1
      count(operator, code)
    },
    refused: count,
    readsMissing: () => readsMissing,
    missingInAll: () =>
      Object.values(codes)
        .flatMap((ofOne) => Object.values(ofOne))
        .reduce((sum, count) => sum + count, 0),
    answers: () => times.length,
    waiting: () => asked - times.length - lost.length,
    writes: () => writes,
    problems: () => ({ lost, wrong }),
    codesOf: (operator) => codes[operator],
    medianMs,
    slowestMs,
    slowerThan: (ms, scope) => {
      const all = sorted(scope)
      return all.filter((one) => one > ms).length / all.length
    },
    summary: () =>
      [
        `${times.length} answers`,
        `${writes} writes`,
        `${lost.length} lost`,
        `${wrong.length} wrong`,
        `missing ${JSON.stringify(codes)}`,
        `median ${medianMs().toFixed(1)} ms`,
        `slowest ${Math.round(slowestMs())} ms`,
      ].join(', '),
  }
}

/** Every phase has seen answers and writes, and none of them lost, wrong or with something missing. */
export function assertFlawless(tallies: Readonly<Record<string, Tally>>, phases: readonly string[]): void {
  for (const phase of phases) {
    const tally = tallies[phase] ?? assert.fail(`there was no ${phase}`)
    assertNothingLostOrWrong(tally, phase)
    assert.deepEqual([tally.codesOf('alpha'), tally.codesOf('beta')], [{}, {}], phase)
    assert.ok(tally.answers() >= fewestAnswers, `${phase}: only ${tally.answers()} answers`)
    assert.ok(tally.writes() >= fewestWrites, `${phase}: only ${tally.writes()} writes`)
  }
}

export function assertNothingLostOrWrong(tally: Tally, phase: string): void {
  const { lost, wrong } = tally.problems()
  const first = (list: readonly string[]) => [list.length, ...list.slice(0, 5)]
  assert.deepEqual({ lost: first(lost), wrong: first(wrong) }, { lost: [0], wrong: [0] }, phase)
}

/** Nothing took as long as the failure itself, and most did not wait for Redis. A busy machine adds to all of it. */
export function assertPrompt(tally: Tally | undefined, withinMs = 2000): void {
  assert.ok(tally)
  assert.ok(tally.slowestMs() < withinMs, tally.summary())
  assert.ok(tally.medianMs() < 300, tally.summary())
}
