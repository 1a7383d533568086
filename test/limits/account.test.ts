import assert from 'node:assert/strict'
import test from 'node:test'
import { openAccount, turn, waitFor, windowMs, type Account } from '../../src/limits/account.ts'

const start = 1000 * windowMs
const all = { limit: 100, share: 100 }

function spent(values: Partial<Account>): Account {
  return { ...openAccount('somebody', start), ...values }
}

const cases: [string, Partial<Account>, number, number, number][] = [
  ['who has spent nothing waits for nothing', {}, 100, 0, 0],
  ['what costs more than there is counts as all of it', {}, 1000, 0, 0],
  ['what is left can be spent', { current: 60 }, 40, 0, 0],
  [
    'beyond it, the window has to pass and what was spent in it to slide out of sight',
    { current: 60 },
    41,
    0,
    61_000,
  ],
  [
    'who has spent all waits until as much as it wants has slid out of sight',
    { current: 100 },
    50,
    10_000,
    80_000,
  ],
  ['of the window before, the part counts that is in sight', { previous: 100 }, 50, 30_000, 0],
  ['and more of it has to slide out of sight', { previous: 100 }, 60, 30_000, 6000],
  ['both windows count', { previous: 100, current: 20 }, 30, 15_000, 15_000],
]

for (const [what, values, cost, elapsed, waitMs] of cases)
  test(what, () => {
    const account = spent(values)
    const now = start + elapsed

    const found = waitFor(account, cost, { ...all, now })

    // Within a millisecond of arithmetic.
    assert.ok(Math.abs(found - waitMs) <= 1, `expected ${waitMs}, got ${found}`)
    if (found === 0) return
    turn(account, now + found)
    assert.equal(waitFor(account, cost, { ...all, now: now + found }), 0)
  })

test('alone, an instance gives its share, whatever else is left', () => {
  const account = spent({ current: 30, own: 30 })

  assert.equal(waitFor(account, 10, { limit: 100, share: 50, now: start }), 0)
  assert.ok(waitFor(account, 25, { limit: 100, share: 50, now: start }) > 0)
})

test('a window that has passed counts as the one before, and one before that as nothing', () => {
  const account = spent({ current: 70, own: 60, unsent: 5 })

  turn(account, start + windowMs)
  const { previous, ownPrevious, unsentBefore, current } = account
  turn(account, start + 3 * windowMs)

  assert.deepEqual({ previous, ownPrevious, unsentBefore, current }, { previous: 70, ownPrevious: 60, unsentBefore: 5, current: 0 }) // prettier-ignore
  assert.equal(account.previous, 0)
})
