import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from 'node:http'
import type { Principal } from '../auth/policy.ts'
import type { RememberingVerify } from '../auth/remember.ts'
import type { Asked, Executed, Hit } from '../fast/asked.ts'
import type { Fast } from '../fast/fast.ts'
import type { Context } from '../graphql/context.ts'
import { report } from '../telemetry/channels.ts'
import { createBatch } from './batch.ts'
import type { Callers } from './callers.ts'
import { goneSignal } from './gone.ts'
import type { ContextOf, CreateContext } from './graphql.ts'
import type { Open, Reply } from './reply.ts'
import { asksToExplain } from './trails.ts'

/** What stands in front of the HTTP framework: it answers what is at hand, and hands on everything else. */
export type Front = {
  readonly listener: (next: RequestListener) => RequestListener
  /** The body of a request that was read here already. */
  readonly bodyOf: (request: IncomingMessage) => Buffer | undefined
  /** To be given each answer that may be kept, with the headers that it is sent with. */
  readonly keep: (request: IncomingMessage, context: Context, answer: SentAnswer) => void
}

type Arrived = Open & { readonly next: RequestListener }
type Read = Arrived & { readonly body: Buffer }

export type SentAnswer = { readonly body: string; readonly headers: OutgoingHttpHeaders }

// Longer ones are none that come again and again.
const longestRead = 256 * 1024
const longestVariant = 300

export function createFront({
  fast,
  verify,
  createContext,
  contextOf,
  callers,
  reply,
  isDraining,
  maxBodyBytes,
}: {
  fast: Fast
  verify: RememberingVerify
  createContext: CreateContext
  contextOf: ContextOf
  callers: Callers
  reply: Reply
  isDraining: () => boolean
  maxBodyBytes: number
}): Front {
  const longestBody = Math.min(longestRead, maxBodyBytes)
  const bodies = new WeakMap<IncomingMessage, Buffer>()

  function askedBy(request: IncomingMessage, body: Buffer, principal: Principal): Asked | undefined {
    const variant = variantOf(request)
    return variant.length > longestVariant ? undefined : { text: body.toString('utf8'), variant, principal }
  }

  function handOn({ request, response, next, body }: Read): void {
    bodies.set(request, body)
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
    const asked = askedBy(request, body, principal)
    if (!asked) {
      handOn(read)
      return
    }
    const found = fast.find(asked, Date.now(), () => createContext(request, goneSignal(response)))
    // Where filling in fails, whatever it was: execution has it too, and a word for it.
    if (found instanceof Promise)
      found
        .catch(() => undefined)
        .then((hit) => answer(read, asked, hit))
        .catch((error: unknown) => failed(read, error))
    else answer(read, asked, found)
  }

  function answer(read: Read, asked: Asked, hit: Hit | undefined): void {
    const { principal } = asked
    const executing = hit ? undefined : execute(read, asked)
    if (hit && callers.pays(read.request, principal, hit.cost)) reply.hit(read, principal, hit)
    else if (executing)
      executing
        .then((executed) => reply.executed(read, executed))
        .catch((error: unknown) => failed(read, error))
    // Who can't pay is told so on the usual way.
    else handOn(read)
  }

  function execute({ request, response }: Read, asked: Asked): Promise<Executed> | undefined {
    const { principal } = asked
    return fast.execute(asked, {
      pays: (cost) => callers.pays(request, principal, cost),
      createContext: () => contextOf(request, goneSignal(response), principal),
    })
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
