import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from 'node:http'
import type { Principal } from '../auth/policy.ts'
import type { RememberingVerify } from '../auth/remember.ts'
import type { Fast, Ready } from '../fast/fast.ts'
import { longestBody } from '../fast/keys.ts'
import type { Context } from '../graphql/context.ts'
import { report } from '../telemetry/channels.ts'
import { createBatch } from './batch.ts'
import type { Callers } from './callers.ts'
import { goneSignal } from './gone.ts'
import type { ContextOf } from './graphql.ts'
import type { Open, Reply } from './reply.ts'
import type { Requests } from './requests.ts'
import { asksToExplain } from './trails.ts'

/** What stands in front of the HTTP framework: it answers what is at hand, and hands on everything else. */
export type Front = {
  readonly listener: (next: RequestListener) => RequestListener
  /** The body of a request that was read here already: to be asked for once. */
  readonly bodyOf: (request: IncomingMessage) => Buffer | undefined
  /** When a request that was handed on had come, as `performance.now()` tells it. */
  readonly startedOf: (request: IncomingMessage) => number | undefined
  /** To be given each answer that may be kept, with the headers that it is sent with. */
  readonly keep: (request: IncomingMessage, context: Context, answer: SentAnswer) => void
}

type Arrived = Open & { readonly next: RequestListener }
type Read = Arrived & { readonly body: Buffer }

export type SentAnswer = { readonly body: string; readonly headers: OutgoingHttpHeaders }

// Before a longer body is read, strangers are turned away.
const longestOfStranger = 256 * 1024
const longestVariant = 300

export function createFront({
  fast,
  verify,
  contextOf,
  callers,
  requests,
  reply,
  isLeaving,
  maxBodyBytes,
}: {
  fast: Fast
  verify: RememberingVerify
  contextOf: ContextOf
  callers: Callers
  requests: Pick<Requests, 'trailOf'>
  reply: Reply
  isLeaving: () => boolean
  /** Longer ones are somebody else's to count, or to refuse. */
  maxBodyBytes: number
}): Front {
  // Of what is handed on; `undefined` once one is taken that nothing is kept by.
  const bodies = new WeakMap<IncomingMessage, Buffer | undefined>()
  const times = new WeakMap<IncomingMessage, number>()
  const variantOf = createVariantOf()

  function takeBody(request: IncomingMessage): Buffer | undefined {
    const body = bodies.get(request)
    if (body && body.length > longestBody) bodies.set(request, undefined)
    return body
  }

  /** Whether it is a GraphQL request of the plainest kind. */
  function mayBeAtHand({ method, url, headers }: IncomingMessage): boolean {
    if (method !== 'POST' || url !== '/graphql' || headers['content-encoding'] !== undefined) return false
    const length = Number(headers['content-length'])
    if (!(length > 0 && length <= maxBodyBytes) || !json.test(headers['content-type'] ?? '')) return false
    return length <= longestOfStranger || verify.known(headers.authorization) !== undefined
  }

  function handOn({ request, response, next, body, started }: Read): void {
    bodies.set(request, body)
    times.set(request, started)
    next(request, response)
  }

  // One request's mistake must not be the end of the others, nor of itself where execution can still answer.
  function failed(read: Read, error: unknown): void {
    report('error.unexpected', { error })
    if (read.response.headersSent) read.response.destroy()
    else handOn(read)
  }

  /** Whether it is answered. */
  function serve(read: Read): boolean {
    try {
      const principal = verify.known(read.request.headers.authorization)
      if (principal) look(read, principal)
      else recognize(read)
      return read.response.headersSent
    } catch (error) {
      failed(read, error)
      return false
    }
  }

  /** A caller who has not been here for a while. Who can't be verified is told so on the usual way. */
  function recognize(read: Read): void {
    callers
      .recognize(read.request)
      .then((principal) => (principal ? look(read, principal) : handOn(read)))
      .catch((error: unknown) => failed(read, error))
  }

  function look(read: Read, principal: Principal): void {
    const { request, response, body } = read
    // Its client has gone while it was looked who that is.
    if (response.destroyed) return
    const variant = variantOf(request)
    if (variant.length > longestVariant) {
      handOn(read)
      return
    }
    const asked = { body, variant, principal }
    const ready = fast.serve(asked, Date.now(), () => ({
      pays: (cost) => callers.prepays(request, principal, cost),
      createContext: () => contextOf(request, goneSignal(response), principal),
      trail: requests.trailOf(request),
    }))
    if (ready instanceof Promise)
      ready.then((later) => answer(read, principal, later)).catch((error: unknown) => failed(read, error))
    else answer(read, principal, ready)
  }

  function answer(read: Read, principal: Principal, ready: Ready | undefined): void {
    // Nobody is there to be answered, and nothing to be told of.
    if (read.response.destroyed) return
    if (ready?.kind === 'document') reply.executed(read, ready)
    else if (ready && (ready.isPaid || callers.pays(read.request, principal, ready.cost)))
      reply.hit(read, principal, ready)
    // Who can't pay is told so on the usual way.
    else handOn(read)
  }

  const arrive = createBatch<Arrived>((arrived) => {
    const { request } = arrived
    const body = wholeBody(request)
    if (body) return serve({ ...arrived, body })
    readBody(request, (later) => void serve({ ...arrived, body: later }))
    return true
  })

  return {
    listener: (next) => (request, response) => {
      if (isLeaving() || !mayBeAtHand(request) || asksToExplain(request)) next(request, response)
      else arrive({ request, response, next, started: performance.now() })
    },
    bodyOf: takeBody,
    startedOf: (request) => times.get(request),
    keep: (request, context, { body, headers }) => {
      const variant = variantOf(request)
      if (!bodies.has(request) || variant.length > longestVariant) return
      const asked = { body: bodies.get(request), variant, principal: context.principal }
      fast.keep(asked, context, { body, headers: kept(headers) })
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
function createVariantOf(): (request: IncomingMessage) => string {
  let last = { accept: '', origin: '', variant: '\n' }

  // The same text as the last time, if it can be, is found without being read again.
  return ({ headers: { accept = '', origin = '' } }) => {
    if (accept !== last.accept || origin !== last.origin)
      last = { accept, origin, variant: `${accept}\n${origin}` }
    return last.variant
  }
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
