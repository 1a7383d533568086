import { setTimeout as wait } from 'node:timers/promises'
import { UpstreamTimeout, UpstreamUnavailable } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import { createBreaker } from './breaker.ts'
import { retryAfterS } from './refusal.ts'
import { createRetryBudget, pauseBefore, type Attempt } from './retry.ts'
import type { Transport, TransportRequest, TransportResponse } from './transport.ts'

// What is asked for longer than this is asked about again all the same.
const longestRestMs = 3_600_000

type Outcome = { readonly response: TransportResponse } | { readonly error: unknown }

/**
 * A transport that spares its operator and those who wait for it: a GET is tried again, twice at most, with growing pauses,
 * within the time of one attempt and within a budget; Retry-After holds for everybody; and one that fails again and again
 * is left alone for a while. Throws what the transport throws.
 */
export function createResilience({
  operator,
  transport,
  timeoutMs,
}: {
  operator: string
  transport: Transport
  timeoutMs: number
}): Transport {
  const breaker = createBreaker()
  const budget = createRetryBudget()
  let rest: { readonly until: number; readonly response: TransportResponse } | undefined

  /** What the operator has asked for with its last Retry-After, as long as that holds. */
  function resting(): TransportResponse | undefined {
    if (!rest) return undefined
    const leftMs = rest.until - performance.now()
    if (leftMs <= 0) return undefined
    const { response } = rest
    const left = String(Math.ceil(leftMs / 1000))
    return { ...response, header: (name) => (name === 'retry-after' ? left : response.header(name)) }
  }

  async function attempt(request: TransportRequest): Promise<Outcome> {
    try {
      const response = await transport.exchange(request)
      learn(response)
      return { response }
    } catch (error) {
      if (error instanceof UpstreamTimeout || error instanceof UpstreamUnavailable) breaker.failed()
      return { error }
    }
  }

  function learn(response: TransportResponse): void {
    if (response.status >= 500) breaker.failed()
    else breaker.succeeded()
    const seconds = response.status === 429 || response.status === 503 ? retryAfterS(response) : undefined
    if (seconds) rest = { until: performance.now() + Math.min(seconds * 1000, longestRestMs), response }
  }

  async function exchange(request: TransportRequest): Promise<TransportResponse> {
    const deadline = performance.now() + timeoutMs
    const spared = resting()
    if (spared) {
      report('upstream.spared', { operator, reason: 'retry_after' })
      request.calls?.notSent('retry_after')
      return spared
    }
    if (breaker.restMs() !== undefined) {
      report('upstream.spared', { operator, reason: 'breaker' })
      request.calls?.notSent('breaker')
      throw new UpstreamUnavailable(operator, 'has failed again and again, and is left alone for a moment')
    }
    budget.earn()
    for (let made = 1; ; made++) {
      const outcome = await attempt(made === 1 ? request : { ...request, withinMs: leftUntil(deadline) })
      const pauseMs = request.method === 'GET' ? pauseAfter(outcome, made, deadline) : undefined
      if (pauseMs === undefined || !budget.spend()) return unwrap(outcome)
      report('upstream.retried', { operator })
      await wait(pauseMs, undefined, { signal: request.signal })
    }
  }

  return { exchange, close: transport.close }
}

function leftUntil(deadline: number): number {
  return Math.max(Math.ceil(deadline - performance.now()), 1)
}

function pauseAfter(outcome: Outcome, made: number, deadline: number): number | undefined {
  const attempt = attemptOf(outcome)
  return attempt && pauseBefore(made, attempt, { remainingMs: deadline - performance.now() })
}

/** `undefined` for what another attempt can't better: an answer, a timeout that has used up the time, a client that has gone. */
function attemptOf(outcome: Outcome): Attempt | undefined {
  if ('response' in outcome) {
    const { status } = outcome.response
    return status < 400 ? undefined : { status, retryAfterS: retryAfterS(outcome.response) }
  }
  return outcome.error instanceof UpstreamUnavailable
    ? { status: undefined, retryAfterS: undefined }
    : undefined
}

function unwrap(outcome: Outcome): TransportResponse {
  if ('response' in outcome) return outcome.response
  throw outcome.error
}
