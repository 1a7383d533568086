import { LimitExceeded } from '../../errors.ts'
import { report } from '../../telemetry/channels.ts'

/** Setting: how much an operation may ask of operators, and how long it may go on asking. */
export type AllowanceLimits = {
  readonly mode: 'enforce' | 'measure'
  readonly upstreamCalls: number
  readonly timeMs: number
}

/** What one operation may still ask of operators. */
export type Allowance = {
  /**
   * For whom is read. While something is, the signal is aborted, with a LimitExceeded, once the time is over, and when the
   * client has gone; it is another one for each event.
   */
  readonly caller: (token: string | undefined) => {
    readonly token: string | undefined
    readonly signal: AbortSignal
  }
  /** Runs something that may read of an operator. Rejects with LimitExceeded where no more of that is allowed. */
  readonly reading: <T>(read: () => Promise<T>) => Promise<T>
  /** To be called before a change begins, which then is made to its end. Throws LimitExceeded. */
  readonly changing: () => void
  /** For each event of a stream anew. */
  readonly renew: () => void
}

type Turn = {
  readonly startedAt: number
  readonly end: AbortController
  readonly exceeded: Set<string>
  readonly leave: () => void
  timer: NodeJS.Timeout | undefined
  calls: number
  waiting: number
}

export function createAllowance(
  { mode, upstreamCalls, timeMs }: AllowanceLimits,
  gone: AbortSignal,
): Allowance {
  let turn = begin()

  function begin(): Turn {
    const end = new AbortController()
    const leave = () => end.abort(gone.reason)
    const startedAt = performance.now()
    return { startedAt, end, exceeded: new Set(), leave, timer: undefined, calls: 0, waiting: 0 }
  }

  /** What to refuse with, where it is to be refused; each is reported once in a turn. */
  function excess(at: Turn, limit: 'upstreamCalls' | 'timeMs', actual: number): LimitExceeded | undefined {
    const outcome = mode === 'enforce' ? 'refused' : 'measured'
    if (!at.exceeded.has(limit)) report('limit.exceeded', { limit, outcome })
    at.exceeded.add(limit)
    if (mode === 'measure') return undefined
    return new LimitExceeded(limit, actual, limit === 'timeMs' ? timeMs : upstreamCalls)
  }

  function spend(): void {
    turn.calls += 1
    const tookMs = Math.ceil(performance.now() - turn.startedAt)
    const error =
      (tookMs > timeMs ? excess(turn, 'timeMs', tookMs) : undefined) ??
      (turn.calls > upstreamCalls ? excess(turn, 'upstreamCalls', turn.calls) : undefined)
    if (error) throw error
  }

  function expire(at: Turn): void {
    const error = excess(at, 'timeMs', Math.ceil(performance.now() - at.startedAt))
    if (error) at.end.abort(error)
  }

  // Only while something is waited for: most operations read nothing, and a timer would keep each of them in memory.
  function beginWaiting(at: Turn): void {
    // Not a fraction too early, which a timer would cut off.
    const leftMs = Math.ceil(Math.max(timeMs - (performance.now() - at.startedAt), 0))
    at.timer = setTimeout(() => expire(at), leftMs).unref()
    if (gone.aborted) at.leave()
    else gone.addEventListener('abort', at.leave)
  }

  function endWaiting(at: Turn): void {
    clearTimeout(at.timer)
    gone.removeEventListener('abort', at.leave)
  }

  return {
    caller: (token) => ({
      token,
      get signal() {
        return turn.end.signal
      },
    }),
    reading: async (read) => {
      spend()
      const at = turn
      if (at.waiting === 0) beginWaiting(at)
      at.waiting += 1
      try {
        return await read()
      } finally {
        at.waiting -= 1
        if (at.waiting === 0) endWaiting(at)
      }
    },
    changing: spend,
    renew: () => (turn = begin()),
  }
}
