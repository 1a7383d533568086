import type { Row } from './rows.ts'

/** What the gateway is to reach: at least this ratio or rate, at most this time, memory or number of calls. */
type Goal = {
  readonly ratio?: number
  readonly perSecond?: number
  readonly medianMs?: number
  readonly operatorCalls?: number
  readonly peakMb?: number
}

const peakMb = 250

export const goals: Readonly<Record<string, Goal>> = {
  W1: { ratio: 0.75, peakMb },
  W2: { ratio: 0.7, peakMb },
  W3u: { ratio: 0.3, peakMb },
  'W1-fresh': { ratio: 0.35 },
  'W3u-fresh': { ratio: 0.1 },
  'W1-redis': { ratio: 0.35 },
  'W3u-redis': { ratio: 0.1 },
  C1: { perSecond: 2950 },
  C2: { medianMs: 23, operatorCalls: 10 },
  C3: { medianMs: 28, operatorCalls: 1 },
  startup: { medianMs: 400 },
}

const names: Readonly<Record<keyof Goal, string>> = {
  ratio: '',
  perSecond: '/s',
  medianMs: ' ms',
  operatorCalls: ' calls',
  peakMb: ' MB',
}

/** What of its goal a row of the gateway misses, in words; empty for all others. */
export function missed(row: Row): string {
  const goal = goals[row.scenario] ?? {}
  if (row.subject !== 'ours') return ''
  return keysOf(goal)
    .filter((key) => !isMet(key, row[key] ?? NaN, goal[key] ?? NaN))
    .map((key) => `goal ${key === 'ratio' || key === 'perSecond' ? '≥' : '≤'} ${goal[key]}${names[key]}`)
    .join(', ')
}

function isMet(key: keyof Goal, value: number, goal: number): boolean {
  return key === 'ratio' || key === 'perSecond' ? value >= goal : value <= goal
}

function keysOf(goal: Goal): (keyof Goal)[] {
  return Object.keys(goal) as (keyof Goal)[]
}
