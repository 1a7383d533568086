import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { HttpAnswer, HttpRequest, Outcome } from './http.ts'

export const faultSchema = z.strictObject({
  /** Which requests; those to the token endpoint only where `path` is given. */
  match: z
    .strictObject({ method: z.string().exactOptional(), path: z.string().exactOptional() })
    .exactOptional(),
  delayMs: z.int().nonnegative().exactOptional(),
  /** Never answer. */
  hang: z.boolean().exactOptional(),
  /** Break the connection (RST). */
  reset: z.boolean().exactOptional(),
  /** Answer this; with `status` or `body` the request does not reach the API. */
  status: z.int().min(200).max(599).exactOptional(),
  body: z.json().exactOptional(),
  /** Alone, they are added to the real answer. */
  headers: z.record(z.string(), z.string()).exactOptional(),
  /** Break off after this many bytes of the body; `true` is half of it. */
  truncate: z.union([z.literal(true), z.int().nonnegative()]).exactOptional(),
  /** Let the API do its work before its answer is lost or replaced. */
  processed: z.boolean().exactOptional(),
  /** How many requests; without it, every one. */
  times: z.int().positive().exactOptional(),
  probability: z.number().min(0).max(1).exactOptional(),
})

/** What goes wrong, for which requests, how often. The first that applies is the only one. */
export type Fault = z.infer<typeof faultSchema>

export type Faults = {
  readonly add: (fault: Fault) => void
  /** Those still to come, `times` counted down. */
  readonly list: () => readonly Fault[]
  readonly clear: () => void
  /** Answers a request as the faults have it; `answer` is the real thing. */
  readonly apply: (request: HttpRequest, answer: () => Promise<HttpAnswer>) => Promise<Outcome>
}

export function createFaults({ closing, tokenPath }: { closing: AbortSignal; tokenPath: string }): Faults {
  let faults: Fault[] = []

  async function apply(request: HttpRequest, answer: () => Promise<HttpAnswer>): Promise<Outcome> {
    const fault = take(request)
    if (!fault) return answer()
    if (fault.delayMs !== undefined) await wait(fault.delayMs, undefined, { signal: closing })
    const { hang, reset, status, body, processed } = fault
    const replaced = hang === true || reset === true || status !== undefined || body !== undefined
    const real = !replaced || processed === true ? await answer() : undefined
    if (hang) return 'hang'
    if (reset) return 'reset'
    return replace(fault, real)
  }

  function take(request: HttpRequest): Fault | undefined {
    const fault = faults.find((one) => concerns(one, request) && Math.random() < (one.probability ?? 1))
    if (fault?.times === undefined) return fault
    const rest = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []
    faults = faults.flatMap((one) => (one === fault ? rest : [one]))
    return fault
  }

  function concerns({ match: { method, path } = {} }: Fault, request: HttpRequest): boolean {
    if (method !== undefined && method.toUpperCase() !== request.method) return false
    return path === undefined ? request.path !== tokenPath : request.path.includes(path)
  }

  return {
    add: (fault) => void faults.push(fault),
    list: () => [...faults],
    clear: () => void (faults = []),
    apply,
  }
}

function replace({ status, headers, body, truncate }: Fault, real: HttpAnswer | undefined): HttpAnswer {
  const answered = status === undefined && body === undefined ? real?.body : body
  return {
    status: status ?? real?.status ?? 200,
    headers: { ...(answered === real?.body && real?.headers), ...headers },
    ...(answered !== undefined && { body: answered }),
    ...(truncate !== undefined && { truncate }),
  }
}
