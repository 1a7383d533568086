import { LRUCache } from 'lru-cache'
import { openAccount, turn, waitFor, type Account } from './account.ts'
import { noExchange, type Exchange } from './exchange.ts'

/** What each of many callers may spend in a minute. */
export type Limit = {
  /** Takes the cost of what a caller wants, as far as it is not paid yet; or nothing, where that is more than it has left. */
  readonly take: (name: string, cost: number, now: number, paid?: number) => boolean
  /** In how many ms a caller who was refused may come again with the same. */
  readonly refuse: (name: string, cost: number, now: number) => number
  /** In how many ms a caller who has nothing left may come again with what was refused; 0 for one who has something left. */
  readonly rest: (name: string, now: number) => number
}

// Who has been away for longer than the others begins anew: a caller takes some 300 bytes.
const maxAccounts = 20_000
// As much as this may have been spent here without the other instances having been told.
const untold = 0.01

/** `limit`: 0 is none. `kind`: what the callers of this limit are named by, which keeps them apart from those of another. */
export function createLimit({
  kind,
  limit,
  exchange = noExchange,
}: {
  kind: string
  limit: number
  exchange?: Exchange | undefined
}): Limit {
  if (limit === 0) return { take: () => true, refuse: () => 0, rest: () => 0 }
  const accounts = new LRUCache<string, Account>({ max: maxAccounts })
  const tellFrom = Math.max(Math.floor(limit * untold), 1)

  function accountOf(name: string, now: number): Account {
    const known = accounts.get(name)
    if (known) {
      turn(known, now)
      return known
    }
    const account = openAccount(`${kind}:${name}`, now)
    accounts.set(name, account)
    return account
  }

  function allowed(now: number) {
    const share = exchange.isHeard() ? limit : Math.max(Math.floor(limit / exchange.instances()), 1)
    return { now, limit, share }
  }

  function tell(account: Account): void {
    const isUrgent = account.unsent >= tellFrom
    if (isUrgent || !(account.isHeard || account.isDue)) account.isDue = exchange.tell(account, isUrgent)
  }

  return {
    take: (name, wanted, now, paid = 0) => {
      // What costs more than there is in a minute takes all of it.
      const cost = Math.min(wanted, limit) - paid
      const account = accountOf(name, now)
      // What fits even if nothing of the window before were out of sight needs no reckoning: that is nearly everything.
      const fits = account.previous + account.current + cost <= limit && exchange.isHeard()
      if (!fits && waitFor(account, cost, allowed(now)) > 0) return false
      account.current += cost
      account.own += cost
      account.unsent += cost
      tell(account)
      return true
    },
    refuse: (name, cost, now) => {
      const account = accountOf(name, now)
      account.refused = cost
      return waitFor(account, cost, allowed(now))
    },
    rest: (name, now) => {
      const account = accounts.peek(name)
      if (!account) return 0
      turn(account, now)
      const allowance = allowed(now)
      return waitFor(account, 1, allowance) === 0 ? 0 : waitFor(account, account.refused, allowance)
    },
  }
}
