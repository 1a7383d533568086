import { setTimeout as wait } from 'node:timers/promises'

/** So many in a second, a second's worth at once; more than that at once is paid for before anything else may go. */
export function createRate(
  perSecond: number,
  signal: AbortSignal,
): { take: (count: number) => Promise<void> } {
  let left = perSecond
  let at = performance.now()

  function refill(): void {
    const now = performance.now()
    left = Math.min(perSecond, left + ((now - at) / 1000) * perSecond)
    at = now
  }

  async function take(count: number): Promise<void> {
    const needed = Math.min(count, perSecond)
    refill()
    // Again where a timer has come early.
    while (left < needed - 1e-6) {
      await wait(Math.ceil(((needed - left) / perSecond) * 1000), undefined, { signal })
      refill()
    }
    left -= count
  }
  return { take }
}
