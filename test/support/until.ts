import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'

/** Asks again and again until the answer is yes; fails the test with `what` after `withinMs`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  // Sequential on purpose: each question waits for the answer to the one before.
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within ${withinMs} ms: ${what}`)
    await wait(10)
  }
}
