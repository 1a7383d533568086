// What one request does, told while it happens to whoever is to see it. Mostly nobody is: then there is no trail, and what
// would tell it of something does not. No address, id, name or URL is ever told.

/** What is told of one request. */
export type Trail = CallTrail & {
  /** A call that another request had begun, and for which this one waited too. */
  readonly joined: (call: JoinedCall) => void
  /** One look into the cache begins. */
  readonly reading: (entity: Entity) => Reading
}

/** As much of it as concerns what is read of operators, by whichever request began that. */
export type CallTrail = {
  readonly calls: (target: CallTarget) => Calls
  /** Another instance reads what is wanted, and is waited for until the answer is called. `since`: as performance.now() has it. */
  readonly waiting: (since?: number) => () => void
}

/** What operators are asked: `resource` is a template of OMA's (`/twinning/v1/{userId}/twinnings`). */
export type CallTarget = { readonly operator: string; readonly method: string; readonly resource: string }

/** Why a request was not sent: its operator has asked for a rest, or needs one. */
export type NotSent = 'retry_after' | 'breaker'
/** An HTTP status, or why there is none; `aborted`: nobody waited any more. */
export type CallOutcome = number | 'timeout' | 'error' | 'invalid' | 'aborted' | NotSent

/** Attempts of one call, of which each is told. */
export type Calls = {
  readonly begin: () => EndCall
  readonly notSent: (reason: NotSent) => void
}
/** `isShared`: others waited for it as well. */
export type EndCall = (outcome: CallOutcome, isShared?: boolean) => void

/** `attempt` counts from 1, and is 0 where none was made; `startedAt`: as performance.now() has it. */
export type JoinedCall = CallTarget & {
  readonly attempt: number
  readonly outcome: CallOutcome
  readonly startedAt: number
}

/** What the cache holds: twinnings one by one, and the lists of devices. */
export type Entity = 'twinning' | 'list'

/** One look into the cache. */
export type Reading = {
  /** So many were found there; `none`: nowhere; `stale`: of those that were not, so many are answered as they once were. */
  readonly found: (tier: 'memory' | 'redis' | 'none' | 'stale', count: number) => void
  /** A command is sent to Redis, of so many keys; to be called with whether it was answered. */
  readonly command: (name: string, keys: number) => (isAnswered: boolean) => void
}

/** The trail of what several requests wait for together: the one that began it, and whoever joins. */
export type SharedTrail = CallTrail & { readonly join: (trail: Trail | undefined) => void }

export function createSharedTrail(own: CallTrail | undefined): SharedTrail {
  const others = new Set<Trail>()
  let isShared = false

  function ended(call: JoinedCall): void {
    for (const other of others) other.joined(call)
  }

  return {
    join: (trail) => {
      if (trail && trail === own) return
      isShared = true
      if (trail) others.add(trail)
    },
    calls: (target) => {
      const calls = own?.calls(target)
      let attempt = 0
      return {
        begin: () => {
          const end = calls?.begin()
          const begun = { ...target, attempt: ++attempt, startedAt: performance.now() }
          return (outcome) => {
            end?.(outcome, isShared)
            ended({ ...begun, outcome })
          }
        },
        notSent: (reason) => {
          calls?.notSent(reason)
          ended({ ...target, attempt: 0, outcome: reason, startedAt: performance.now() })
        },
      }
    },
    waiting: (since = performance.now()) => {
      const end = own?.waiting(since)
      return () => {
        end?.()
        for (const other of others) other.waiting(since)()
      }
    },
  }
}
