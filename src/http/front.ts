import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Principal } from '../auth/policy.ts'
import type { RememberingVerify } from '../auth/remember.ts'
import type { Asked, Executed, Headers, Hit } from '../fast/asked.ts'
import type { Fast } from '../fast/fast.ts'
import { cacheControlOf } from '../graphql/caching.ts'
import type { Context } from '../graphql/context.ts'
import { report } from '../telemetry/channels.ts'
import { createBatch } from './batch.ts'
import type { Callers } from './callers.ts'
import { goneSignal } from './gone.ts'
import type { ContextOf, CreateContext } from './graphql.ts'
import type { Requests } from './requests.ts'
import { asksToExplain } from './trails.ts'

/** What stands in front of the HTTP framework: it answers what is at hand, and hands on everything else. */
export type Front = {
  readonly listener: (next: RequestListener) => RequestListener
  /** The body of a request that was read here already. */
  readonly bodyOf: (request: IncomingMessage) => Buffer | undefined
  /** To be given each answer that may be kept, with the headers that it is sent with. */
  readonly keep: (request: IncomingMessage, context: Context, answer: SentAnswer) => void
}

type Arrived = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly next: RequestListener
  /** As `performance.now()` tells it. */
  readonly started: number
}

export type SentAnswer = { readonly body: string; readonly headers: OutgoingHttpHeaders }

type Sent = {
  readonly body: string
  readonly cacheControl: string
  readonly headers: Headers
  /** What was at hand of it. */
  readonly atHand: string
}

// Longer ones are none that come again and again.
const longestRead = 256 * 1024
const longestVariant = 300

export function createFront({
  fast,
  verify,
  createContext,
  contextOf,
  callers,
  log,
  requests,
  nextId,
  isDraining,
  maxBodyBytes,
}: {
  fast: Fast
  verify: RememberingVerify
  createContext: CreateContext
  contextOf: ContextOf
  callers: Callers
  log: FastifyBaseLogger
  requests: Requests
  /** Ids of requests, of those that are handed on and those that are not. */
  nextId: () => string
  isDraining: () => boolean
  maxBodyBytes: number
}): Front {
  const longestBody = Math.min(longestRead, maxBodyBytes)
  const bodies = new WeakMap<IncomingMessage, Buffer>()

  function askedBy(request: IncomingMessage, body: Buffer, principal: Principal): Asked | undefined {
    const variant = variantOf(request)
    return variant.length > longestVariant ? undefined : { text: body.toString('utf8'), variant, principal }
  }

  /** What is asked, where it is known by whom. */
  function askedOf(request: IncomingMessage, body: Buffer): Asked | undefined {
    const principal = verify.known(request.headers.authorization)
    return principal && askedBy(request, body, principal)
  }

  function send({ request, response, started }: Arrived, answer: Sent): void {
    const bytes = Buffer.byteLength(answer.body)
    response.writeHead(200, [
      'cache-control',
      answer.cacheControl,
      ...answer.headers,
      'content-length',
      String(bytes),
    ])
    // What is all ASCII is written sooner so, and is the same.
    response.end(answer.body, bytes === answer.body.length ? 'latin1' : 'utf8')
    const ms = performance.now() - started
    const { atHand } = answer
    requests.answered(log, { request, reqId: nextId(), route: '/graphql', status: 200, ms, atHand })
  }

  function sendHit(arrived: Arrived, { principal }: Asked, hit: Hit): void {
    const cacheControl = cacheControlOf(hit.freshUntil, Date.now(), principal)
    send(arrived, { ...hit, cacheControl, atHand: hit.kind })
    report('answer.atHand', { kind: hit.kind })
    report('operation.cost', { estimated: hit.cost, result: 'ok' })
    report('cache.read', { tier: 'memory', count: hit.entries })
  }

  function sendExecuted(arrived: Arrived, executed: Executed): void {
    send(arrived, { ...executed, atHand: 'document' })
    report('document.atHand', {})
  }

  /** Whether it is answered. */
  function serve(arrived: Arrived, body: Buffer): boolean {
    const { request, response, next } = arrived
    const handOn = () => {
      bodies.set(request, body)
      next(request, response)
    }
    // One request's mistake must not be the end of the others, nor of itself where execution can still answer.
    const failed = (error: unknown) => {
      report('error.unexpected', { error })
      if (response.headersSent) response.destroy()
      else handOn()
    }
    const answer = (asked: Asked, hit: Hit | undefined) => {
      // Who can't pay is told so on the usual way.
      if (hit && callers.pays(request, asked.principal, hit.cost)) {
        sendHit(arrived, asked, hit)
        return
      }
      const executing = hit ? undefined : execute(arrived, asked)
      if (executing) executing.then((executed) => sendExecuted(arrived, executed)).catch(failed)
      else handOn()
    }
    try {
      const asked = askedOf(request, body)
      if (!asked) {
        handOn()
        return false
      }
      const found = fast.find(asked, Date.now(), () => createContext(request, goneSignal(response)))
      // Where filling in fails, whatever it was: execution has it too, and a word for it.
      if (found instanceof Promise)
        found
          .catch(() => undefined)
          .then((hit) => answer(asked, hit))
          .catch(failed)
      else answer(asked, found)
      return response.headersSent
    } catch (error) {
      failed(error)
      return false
    }
  }

  function execute({ request, response }: Arrived, asked: Asked): Promise<Executed> | undefined {
    const { principal } = asked
    return fast.execute(asked, {
      pays: (cost) => callers.pays(request, principal, cost),
      createContext: () => contextOf(request, goneSignal(response), principal),
    })
  }

  const arrive = createBatch<Arrived>((arrived) => {
    const { request } = arrived
    const body = wholeBody(request)
    if (body) return serve(arrived, body)
    readBody(request, (later) => void serve(arrived, later))
    return true
  })

  return {
    listener: (next) => (request, response) => {
      if (isDraining() || !mayBeAtHand(request, longestBody) || asksToExplain(request))
        next(request, response)
      else arrive({ request, response, next, started: performance.now() })
    },
    bodyOf: (request) => bodies.get(request),
    keep: (request, context, { body, headers }) => {
      const read = bodies.get(request)
      const asked = read && askedBy(request, read, context.principal)
      if (asked) fast.keep(asked, context, { body, headers: kept(headers) })
    },
  }
}

/** Those of an answer that are the same for the next one. */
function kept(headers: OutgoingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || named.has(name) ? [] : [name, String(value)],
  )
}
const named = new Set(['cache-control', 'content-length'])

/** Whether it is a GraphQL request of the plainest kind. */
function mayBeAtHand({ method, url, headers }: IncomingMessage, longestBody: number): boolean {
  if (method !== 'POST' || url !== '/graphql' || headers['content-encoding'] !== undefined) return false
  const length = Number(headers['content-length'])
  return length > 0 && length <= longestBody && json.test(headers['content-type'] ?? '')
}
const json = /^application\/json(?: *; *charset=utf-8)?$/i

/** The headers that answers differ by, beside Authorization: their media type, and what a browser may read of them. */
function variantOf({ headers }: IncomingMessage): string {
  return `${headers.accept ?? ''}\n${headers.origin ?? ''}`
}

/** The body, where all of it has come with the headers, as it mostly has. */
function wholeBody(request: IncomingMessage): Buffer | undefined {
  const length = Number(request.headers['content-length'])
  return request.readableLength === length ? (request.read() as Buffer) : undefined
}

/** Calls back once the whole body is there; never where the client goes before. */
function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => void chunks.push(chunk))
  request.on('end', () => done(Buffer.concat(chunks)))
}
