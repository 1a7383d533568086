import type { CallOutcome, CallTarget, Entity, Trail } from './trail.ts'

/** What it took to answer a request. Times are in ms; `startMs` counts from when it came. */
export type Explained = {
  /** Until now. */
  readonly ms: number
  readonly calls: readonly ExplainedCall[]
  readonly cache: readonly ExplainedRead[]
  readonly redis: readonly ExplainedCommand[]
  /** For readings that another instance was making. */
  readonly waits: readonly Timed[]
  /** There was more of it than is told. */
  readonly leftOut?: number
}

/** `ms` is null for what is still under way: whoever asked was answered without it. */
type Timed = { readonly startMs: number; readonly ms: number | null }

/**
 * One attempt of a call to an operator. `shared`: `no`; `yes`, others waited for it too; `joined`, another request had begun
 * it. `attempt` is 0 where nothing was sent, as `status` says.
 */
export type ExplainedCall = CallTarget &
  Timed & {
    readonly attempt: number
    readonly status: CallOutcome | null
    readonly shared: 'no' | 'yes' | 'joined'
  }

export type ExplainedRead = Timed & {
  readonly entity: Entity
  readonly tier: 'memory' | 'redis' | 'none' | 'stale'
  readonly count: number
}

export type ExplainedCommand = Timed & {
  readonly command: string
  readonly keys: number
  readonly answered: boolean | null
}

/** Notes what a request does, and tells of it. */
export type Explanation = { readonly trail: Trail; readonly told: () => Explained }

// A caller that asks for thousands of twinnings can read as many lines; a stream has no end.
const mostNoted = 500

/** `startedAt`: when the request came, as performance.now() has it. */
export function createExplanation(startedAt: number): Explanation {
  const calls: ExplainedCall[] = []
  const cache: ExplainedRead[] = []
  const redis: ExplainedCommand[] = []
  const waits: Timed[] = []
  let leftOut = 0

  const since = (from: number) => rounded(performance.now() - from)
  const at = (time: number) => rounded(time - startedAt)

  /** Notes it; answers how to put something else in its place. */
  function note<T>(list: T[], noted: T): (instead: T) => void {
    const place = list.length
    if (place >= mostNoted) {
      leftOut += 1
      return () => undefined
    }
    list.push(noted)
    return (instead) => {
      list[place] = instead
    }
  }

  const trail: Trail = {
    // Whoever asked knows.
    operation: () => undefined,
    failed: () => undefined,
    calls: (target) => {
      let attempt = 0
      return {
        begin: () => {
          const now = performance.now()
          const begun: ExplainedCall = {
            ...target,
            attempt: ++attempt,
            status: null,
            shared: 'no',
            startMs: at(now),
            ms: null,
          }
          const end = note(calls, begun)
          return {
            end: (status, isShared) =>
              end({ ...begun, status, shared: isShared ? 'yes' : 'no', ms: since(now) }),
          }
        },
        notSent: (status) => {
          note(calls, {
            ...target,
            attempt: 0,
            status,
            shared: 'no',
            startMs: at(performance.now()),
            ms: 0,
          })
        },
      }
    },
    joined: ({ operator, method, resource, attempt, outcome, startedAt: from }) => {
      note(calls, {
        operator,
        method,
        resource,
        attempt,
        status: outcome,
        shared: 'joined',
        startMs: at(from),
        ms: since(from),
      })
    },
    reading: (entity) => {
      const from = performance.now()
      return {
        found: (tier, count) => {
          if (count > 0) note(cache, { entity, tier, count, startMs: at(from), ms: since(from) })
        },
        command: (command, keys) => {
          const now = performance.now()
          const begun: ExplainedCommand = { command, keys, answered: null, startMs: at(now), ms: null }
          const end = note(redis, begun)
          return (answered) => end({ ...begun, answered, ms: since(now) })
        },
      }
    },
    waiting: (now = performance.now()) => {
      const end = note(waits, { startMs: at(now), ms: null })
      return () => end({ startMs: at(now), ms: since(now) })
    },
  }

  return {
    trail,
    told: () => ({
      ms: since(startedAt),
      calls: [...calls],
      cache: [...cache],
      redis: [...redis],
      waits: [...waits],
      ...(leftOut > 0 && { leftOut }),
    }),
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
