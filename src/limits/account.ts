/**
 * What one caller has spent, in units of cost: a window slides over two fixed ones, of which the one before counts as far as
 * it still reaches into the last minute.
 */
export type Account = {
  readonly name: string
  /** Which window is the present one, counted from 1970. */
  window: number
  /** By all instances, as far as is known here. */
  current: number
  previous: number
  /** By this one. */
  own: number
  ownPrevious: number
  /** What the others have not been told of: of the present window, and of the one before. */
  unsent: number
  unsentBefore: number
  /** Whether what the others have spent is known at all. */
  isHeard: boolean
  /** Whether it waits for being told. */
  isDue: boolean
  /** What was refused last: whoever waits wants to know when that is possible. */
  refused: number
}

/** What may be spent in a minute; `share`: of it by this instance alone, while it hears of no other. */
export type Allowance = { readonly limit: number; readonly share: number }

export const windowMs = 60_000

export function openAccount(name: string, now: number): Account {
  return {
    name,
    window: Math.floor(now / windowMs),
    current: 0,
    previous: 0,
    own: 0,
    ownPrevious: 0,
    unsent: 0,
    unsentBefore: 0,
    isHeard: false,
    isDue: false,
    refused: 1,
  }
}

/** Turns to the window of this moment. A clock that goes back finds what the later window had. */
export function turn(account: Account, now: number): void {
  const window = Math.floor(now / windowMs)
  const passed = window - account.window
  if (passed <= 0) return
  account.previous = passed === 1 ? account.current : 0
  account.ownPrevious = passed === 1 ? account.own : 0
  account.unsentBefore = passed === 1 ? account.unsent : 0
  account.current = 0
  account.own = 0
  account.unsent = 0
  account.isHeard = false
  account.window = window
}

/** In how many ms as much as this can be spent; 0: now. What is more than may be spent at all is as if it were all. */
export function waitFor(
  account: Account,
  cost: number,
  { now, limit, share }: Allowance & { readonly now: number },
): number {
  const elapsed = Math.min(Math.max(now - account.window * windowMs, 0), windowMs)
  const all = waitIn({ previous: account.previous, current: account.current, cost, limit, elapsed })
  // The same, unless it is less than all that there is.
  if (share >= limit) return all
  const { own: current, ownPrevious: previous } = account
  return Math.max(all, waitIn({ previous, current, cost, limit: share, elapsed }))
}

function waitIn(spent: {
  readonly previous: number
  readonly current: number
  readonly cost: number
  readonly limit: number
  readonly elapsed: number
}): number {
  const { previous, current, limit, elapsed } = spent
  const cost = Math.min(spent.cost, limit)
  const room = limit - current - cost
  const left = windowMs - elapsed
  if ((previous * left) / windowMs <= room) return 0
  // Within this window, once enough of the one before has slid out of sight, or in the next, where this is the one before.
  if (room >= 0) return Math.ceil(left - (room / previous) * windowMs)
  return left + Math.ceil(windowMs - ((limit - cost) / current) * windowMs)
}
