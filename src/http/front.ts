import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { RememberingVerify } from '../auth/remember.ts'
import { longestText } from '../fast/answers.ts'
import type { Asked, Hit } from '../fast/asked.ts'
import type { Fast } from '../fast/fast.ts'
import { cacheControlOf } from '../graphql/caching.ts'
import type { Context } from '../graphql/context.ts'
import { report } from '../telemetry/channels.ts'
import { createBatch } from './batch.ts'
import type { Callers } from './callers.ts'
import { goneSignal } from './gone.ts'
import type { CreateContext } from './graphql.ts'
import type { Requests } from './requests.ts'
import { asksToExplain } from './trails.ts'

/** What stands in front of the HTTP framework: it answers what is at hand, and hands on everything else. */
export type Front = {
  readonly listener: (next: RequestListener) => RequestListener
  /** The body of a request that was read here already: to be asked for once. */
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

// Before a longer body is read, strangers are turned away.
const longestOfStranger = 256 * 1024
const longestVariant = 300

export function createFront({
  fast,
  verify,
  createContext,
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
  callers: Callers
  log: FastifyBaseLogger
  requests: Requests
  /** Ids of requests, of those that are handed on and those that are not. */
  nextId: () => string
  isDraining: () => boolean
  /** Longer ones are somebody else's to count, or to refuse. */
  maxBodyBytes: number
}): Front {
  // Of what is handed on; `undefined` once one is taken that nothing is kept by.
  const bodies = new WeakMap<IncomingMessage, Buffer | undefined>()

  function takeBody(request: IncomingMessage): Buffer | undefined {
    const body = bodies.get(request)
    if (body && body.length > longestText) bodies.set(request, undefined)
    return body
  }

  /** Whether it is a GraphQL request of the plainest kind. */
  function mayBeAtHand({ method, url, headers }: IncomingMessage): boolean {
    if (method !== 'POST' || url !== '/graphql' || headers['content-encoding'] !== undefined) return false
    const length = Number(headers['content-length'])
    if (!(length > 0 && length <= maxBodyBytes) || !json.test(headers['content-type'] ?? '')) return false
    return length <= longestOfStranger || verify.known(headers.authorization) !== undefined
  }

  function find(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    const { authorization } = request.headers
    const principal = verify.known(authorization)
    const variant = variantOf(request)
    if (!principal || variant.length > longestVariant) return undefined
    const asked = { text: body.toString('utf8'), variant, principal }
    const hit = fast.find(asked, Date.now(), () => ({
      pays: (cost) => callers.prepays(request, principal, cost),
      createContext: () => createContext(request, goneSignal(response)),
      trail: requests.trailOf(request),
    }))
    return hit && { asked, hit }
  }

  function send(response: ServerResponse, asked: Asked, hit: Hit, started: number): void {
    const bytes = Buffer.byteLength(hit.body)
    response.writeHead(200, [
      'cache-control',
      cacheControlOf(hit.freshUntil, Date.now(), asked.principal),
      ...hit.headers,
      'content-length',
      String(bytes),
    ])
    // What is all ASCII is written sooner so, and is the same.
    response.end(hit.body, bytes === hit.body.length ? 'latin1' : 'utf8')
    report('answer.atHand', { kind: hit.kind })
    report('operation.cost', { estimated: hit.cost, result: 'ok' })
    report('cache.read', { tier: 'memory', count: hit.memory })
    if (hit.redis > 0) report('cache.read', { tier: 'redis', count: hit.redis })
    const ms = performance.now() - started
    const { req: request } = response
    requests.answered(log, { request, reqId: nextId(), route: '/graphql', status: 200, ms, atHand: hit.kind })
  }

  /** Whether it is answered. */
  function serve({ request, response, next, started }: Arrived, body: Buffer): boolean {
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
    try {
      const found = find(request, response, body)
      const answer = (hit: Hit | undefined) => {
        // Who can't pay is told so on the usual way.
        if (found && hit && (hit.isPaid || callers.pays(request, found.asked.principal, hit.cost)))
          send(response, found.asked, hit, started)
        else handOn()
      }
      // Where filling in fails, whatever it was: execution has it too, and a word for it.
      if (found?.hit instanceof Promise)
        found.hit
          .catch(() => undefined)
          .then(answer)
          .catch(failed)
      else answer(found?.hit)
      return response.headersSent
    } catch (error) {
      failed(error)
      return false
    }
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
      if (isDraining() || !mayBeAtHand(request) || asksToExplain(request)) next(request, response)
      else arrive({ request, response, next, started: performance.now() })
    },
    bodyOf: takeBody,
    keep: (request, context, { body, headers }) => {
      const variant = variantOf(request)
      if (!bodies.has(request) || variant.length > longestVariant) return
      const text = bodies.get(request)?.toString('utf8')
      fast.keep({ text, variant, principal: context.principal }, context, { body, headers: kept(headers) })
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
