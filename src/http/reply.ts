import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Principal } from '../auth/policy.ts'
import type { Executed, Headers, Hit } from '../fast/asked.ts'
import { cacheControlOf } from '../graphql/caching.ts'
import { report } from '../telemetry/channels.ts'
import { createOutbox } from './outbox.ts'
import type { Requests } from './requests.ts'

/** A request, and where its answer goes. `started`: as `performance.now()` tells it. */
export type Open = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly started: number
}

/** Answers without the HTTP framework, and tells the same of it. */
export type Reply = {
  readonly hit: (open: Open, principal: Principal, hit: Hit) => void
  readonly executed: (open: Open, executed: Executed) => void
}

type Sent = Pick<Hit, 'body' | 'bytes'> & {
  readonly cacheControl: string
  readonly headers: Headers
  /** What was at hand of it. */
  readonly atHand: string
}

const route = '/graphql'

export function createReply({
  log,
  requests,
  nextId,
  isLeaving,
}: {
  log: FastifyBaseLogger
  requests: Requests
  /** Ids of requests, of those that are handed on and those that are not. */
  nextId: () => string
  isLeaving: () => boolean
}): Reply {
  const post = createOutbox()
  // What all lines have in common is printed once.
  const told = log.child({ method: 'POST', route, status: 200 })

  function send({ request, response, started }: Open, answer: Sent): void {
    const { body, bytes = Buffer.byteLength(body), cacheControl, headers, atHand } = answer
    // Since this was asked: whoever keeps its connection would go on sending requests here.
    if (isLeaving()) response.setHeader('connection', 'close')
    response.writeHead(200, ['cache-control', cacheControl, ...headers, 'content-length', String(bytes)])
    const sent = () => {
      const ms = performance.now() - started
      requests.answered(told, { request, line: { reqId: nextId() }, route, status: 200, ms, atHand })
    }
    // What is all ASCII is written sooner so, and is the same.
    post({ response, body, encoding: bytes === body.length ? 'latin1' : 'utf8', sent })
  }

  return {
    hit: (open, principal, hit) => {
      const { kind, body, bytes, headers, freshUntil, cost, memory, redis } = hit
      const cacheControl = hit.cacheControl ?? cacheControlOf(freshUntil, Date.now(), principal)
      send(open, { body, bytes, cacheControl, headers, atHand: kind })
      report('answer.atHand', { kind })
      report('operation.cost', { estimated: cost, result: 'ok' })
      if (memory > 0) report('cache.read', { tier: 'memory', count: memory })
      if (redis > 0) report('cache.read', { tier: 'redis', count: redis })
    },
    executed: (open, { body, cacheControl, headers }) => {
      send(open, { body, cacheControl, headers, atHand: 'document' })
      report('document.atHand', {})
    },
  }
}
