// What one request does, told while it happens to whoever is to see it. Mostly nobody is: then there is no trail, and what
// would tell it of something does not. No device's address, no id, name or URL is ever told.
import type { TraceContext } from './traceContext.ts'

/** What is told of one request. */
export type Trail = CallTrail & {
  /** What it asks for; its name is its client's. */
  readonly operation: (type: string, name: string | undefined) => void
  /** The codes of the errors in its answer. */
  readonly failed: (codes: readonly string[]) => void
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
  readonly begin: (server: CallServer) => BegunCall
  readonly notSent: (reason: NotSent) => void
}

/** Where an operator is: for traces, and no caller. */
export type CallServer = { readonly address: string; readonly port: number }

export type BegunCall = {
  /** To be sent with it, so that the operator's part of a trace is found. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly context?: TraceContext | undefined
  /** `isShared`: others waited for it as well. */
  readonly end: (outcome: CallOutcome, isShared?: boolean) => void
}

/** `attempt` counts from 1, and is 0 where none was made; `startedAt`: as performance.now() has it. */
export type JoinedCall = CallTarget & {
  readonly attempt: number
  readonly outcome: CallOutcome
  readonly startedAt: number
  /** Where in another trace it was made. */
  readonly context?: TraceContext | undefined
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
        begin: (server) => {
          const own = calls?.begin(server)
          const call = { ...target, attempt: ++attempt, startedAt: performance.now(), context: own?.context }
          return {
            headers: own?.headers,
            end: (outcome) => {
              own?.end(outcome, isShared)
              ended({ ...call, outcome })
            },
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

/** One trail of two, each of which is told everything. */
export function bothTrails(one: Trail, other: Trail): Trail {
  const all = [one, other] as const
  return {
    operation: (type, name) => all.forEach((trail) => trail.operation(type, name)),
    failed: (codes) => all.forEach((trail) => trail.failed(codes)),
    joined: (call) => all.forEach((trail) => trail.joined(call)),
    waiting: (since) => {
      const ends = all.map((trail) => trail.waiting(since))
      return () => ends.forEach((end) => end())
    },
    reading: (entity) => {
      const readings = all.map((trail) => trail.reading(entity))
      return {
        found: (tier, count) => readings.forEach((reading) => reading.found(tier, count)),
        command: (name, keys) => {
          const ends = readings.map((reading) => reading.command(name, keys))
          return (isAnswered) => ends.forEach((end) => end(isAnswered))
        },
      }
    },
    calls: (target) => {
      const both = all.map((trail) => trail.calls(target))
      return {
        begin: (server) => {
          const begun = both.map((calls) => calls.begin(server))
          return {
            headers: begun.find(({ headers }) => headers)?.headers,
            context: begun.find(({ context }) => context)?.context,
            end: (outcome, isShared) => begun.forEach(({ end }) => end(outcome, isShared)),
          }
        },
        notSent: (reason) => both.forEach((calls) => calls.notSent(reason)),
      }
    },
  }
}
