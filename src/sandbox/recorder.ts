import type { IncomingHttpHeaders } from 'node:http'
import type { HttpRequest, Outcome } from './http.ts'

/** A request that reached the API, whatever became of it. */
export type RecordedRequest = {
  readonly method: string
  /** As it came: not decoded. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Parsed where it is JSON. */
  readonly body?: unknown
  /** Another operator, a client of the API, or one without a valid token. */
  readonly caller: 'peer' | 'client' | 'nobody'
}

/** A request, and what became of it. */
export type Exchange = RecordedRequest & {
  readonly outcome: Outcome
  /** When it came, in milliseconds since 1970, and how long its answer took. */
  readonly at: number
  readonly tookMs: number
}

export type Recorder = {
  /** Notes a request; what it answers takes what became of it. */
  readonly record: (request: HttpRequest, caller: RecordedRequest['caller']) => (outcome: Outcome) => void
  readonly requests: () => readonly RecordedRequest[]
  readonly clear: () => void
  /** The next request that `wanted` accepts, from now on. */
  readonly next: (wanted?: (request: RecordedRequest) => boolean) => Promise<RecordedRequest>
  /** Tells of each exchange as it ends, until the function that it answers is called. */
  readonly watch: (tell: (exchange: Exchange) => void) => () => void
}

const maxRequests = 10_000

export function createRecorder(): Recorder {
  const requests: RecordedRequest[] = []
  const waiting = new Set<(request: RecordedRequest) => void>()
  const watching = new Set<(exchange: Exchange) => void>()

  function record({ method, path, headers, body }: HttpRequest, caller: RecordedRequest['caller']) {
    const at = Date.now()
    const begun = performance.now()
    const recorded = { method, path, headers, ...(body !== '' && { body: parsed(body) }), caller }
    // The older half goes at once: to drop one for each request would cost the whole list each time.
    if (requests.length >= maxRequests) requests.splice(0, maxRequests / 2)
    requests.push(recorded)
    for (const tell of waiting) tell(recorded)
    return (outcome: Outcome): void => {
      const tookMs = performance.now() - begun
      for (const tell of watching) tell({ ...recorded, outcome, at, tookMs })
    }
  }

  function next(wanted: (request: RecordedRequest) => boolean = () => true): Promise<RecordedRequest> {
    return new Promise((resolve) => {
      const tell = (request: RecordedRequest): void => {
        if (!wanted(request)) return
        waiting.delete(tell)
        resolve(request)
      }
      waiting.add(tell)
    })
  }

  function watch(tell: (exchange: Exchange) => void): () => void {
    watching.add(tell)
    return () => void watching.delete(tell)
  }

  return { record, requests: () => [...requests], clear: () => void (requests.length = 0), next, watch }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
