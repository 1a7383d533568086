import type { IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { subscribe, type DocumentNode, type ExecutionResult, type GraphQLFormattedError } from 'graphql'
import { z } from 'zod'
import { staysOneSegment } from '../domain/segments.ts'
import { RateLimited, type GatewayError } from '../errors.ts'
import type { Context } from '../graphql/context.ts'
import { formatError } from '../graphql/errors.ts'
import { formatted, subscriptionIn, type Subscriptions } from '../graphql/subscriptions.ts'
import { callbackProtocol, createCallback, type Callback, type CallbackTarget } from '../router/callback.ts'
import { report } from '../telemetry/channels.ts'
import { longestTimerMs, type WhenTokenEnds } from './expiry.ts'
import type { CreateContext } from './graphql.ts'

/** Subscriptions by Apollo's HTTP callback protocol: asked for on `/graphql`, answered at a URL of the router's. */
export type Callbacks = {
  /** What to answer a request that asks for one; `undefined` for any other, which then goes its usual way. */
  readonly answer: (body: unknown, request: IncomingMessage) => Promise<Answer | undefined>
}

type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object
}

const asked = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.object({
    subscription: z.object({
      callbackUrl: z.string(),
      subscriptionId: z.string().min(1),
      verifier: z.string(),
      heartbeatIntervalMs: z.number().nonnegative().optional(),
    }),
  }),
})

// A third, so that one that is late is still in time.
const beatsInInterval = 3
const shortestBeatMs = 20
// A router that is gone as well is not waited for.
const stopWithinMs = 1000
const stopping = {
  message: 'this instance stops: subscribe again',
  extensions: { code: 'SUBSCRIPTION_ENDED' },
}

/** `allowed`: what a callback URL must begin with. Nothing is ever sent to a URL that only a request has named. */
export function createCallbacks(
  app: FastifyInstance,
  {
    subscriptions,
    createContext,
    whenTokenEnds,
    allowed,
  }: {
    subscriptions: Subscriptions
    createContext: CreateContext
    whenTokenEnds: WhenTokenEnds
    allowed: readonly URL[]
  },
): Callbacks {
  const open = new Set<(last: object) => Promise<void>>()
  const stop = new AbortController()
  let isStopping = false

  async function start(
    document: DocumentNode,
    request: z.infer<typeof asked>,
    target: CallbackTarget,
    from: IncomingMessage,
  ): Promise<Answer> {
    const invalid = subscriptions.validate(subscriptions.schema, document)
    if (invalid.length > 0) return { status: 400, body: { errors: invalid } }
    const end = new AbortController()
    const context = await createContext(from, end.signal)
    if (context.unauthenticated) return unauthenticated(context.unauthenticated)
    const refused = subscriptions.refusalOf(request, context)
    if (refused) return { ...statusOf(refused), body: { errors: [refused] } }
    // Begun before the router is asked, so that nothing between is missed.
    const events = await subscribe({
      schema: subscriptions.schema,
      document,
      variableValues: request.variables ?? {},
      operationName: request.operationName ?? null,
      contextValue: context,
    })
    if (!(Symbol.asyncIterator in events))
      return { status: 200, body: formatted(subscriptions.shown(events, context)) }
    const callback = createCallback(target, stop.signal)
    const isTaken = await callback.check()
    if (isStopping) {
      end.abort()
      return { status: 503, body: { errors: [stopping] } }
    }
    if (!isTaken) {
      end.abort()
      return refusal('the callback URL does not take this subscription')
    }
    void run({ events, callback, context, end, target })
    return { status: 200, headers: callbackProtocol, body: { data: null } }
  }

  async function run({ events, callback, context, end, target }: Running): Promise<void> {
    const finish = async (last?: object) => {
      if (end.signal.aborted) return
      end.abort()
      await callback.complete(last && [last])
    }
    open.add(finish)
    whenTokenEnds(context.principal, end.signal, (why) => void finish(why))
    const beat = heartbeat(callback, target.heartbeatIntervalMs, () => end.abort())
    try {
      for await (const event of events) {
        beat.defer()
        if (!(await callback.next(formatted(subscriptions.shown(event, context))))) break
      }
    } catch (error) {
      report('error.unexpected', { error })
      await finish({ message: 'internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } })
    } finally {
      beat.stop()
      end.abort()
      open.delete(finish)
    }
  }

  app.addHook('preClose', async () => {
    isStopping = true
    const told = Promise.all([...open].map((finish) => finish(stopping)))
    await Promise.race([told, wait(stopWithinMs, undefined, { ref: false })])
    stop.abort()
  })

  return {
    answer: async (body, from) => {
      const request = asked.safeParse(body).data
      const document = request && subscriptionIn(request)
      if (!document) return undefined
      const {
        callbackUrl: url,
        subscriptionId,
        verifier,
        heartbeatIntervalMs = 0,
      } = request.extensions.subscription
      if (allowed.length === 0) return refusal('subscriptions by callback are not offered here')
      const callbackUrl = allowedUrl(url, allowed)
      if (!callbackUrl) return refusal('the callback URL is none of those that are allowed here')
      return start(document, request, { callbackUrl, subscriptionId, verifier, heartbeatIntervalMs }, from)
    },
  }
}

type Running = {
  readonly events: AsyncIterable<ExecutionResult>
  readonly callback: Callback
  readonly context: Context
  readonly end: AbortController
  readonly target: CallbackTarget
}

/** A sign of life whenever nothing else has been sent for a third of the interval. */
function heartbeat(callback: Callback, intervalMs: number, onGone: () => void) {
  if (intervalMs === 0) return { defer: () => undefined, stop: () => undefined }
  const beatMs = Math.min(Math.max(intervalMs / beatsInInterval, shortestBeatMs), longestTimerMs)
  const timer: NodeJS.Timeout = setTimeout(() => {
    void callback.check().then((goesOn) => (goesOn ? timer.refresh() : onGone()))
  }, beatMs).unref()
  return { defer: () => void timer.refresh(), stop: () => clearTimeout(timer) }
}

function allowedUrl(url: string, allowed: readonly URL[]): URL | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || parsed.username || parsed.password) return undefined
  // `..` is gone by now; what a router would have to unescape first to find it there is none of its paths.
  if (!staysOneSegment(parsed.pathname)) return undefined
  const isAllowed = allowed.some(({ origin, pathname }) => {
    const folder = pathname.endsWith('/') ? pathname : `${pathname}/`
    return parsed.origin === origin && `${parsed.pathname}/`.startsWith(folder)
  })
  return isAllowed ? parsed : undefined
}

function refusal(message: string): Answer {
  return { status: 400, body: { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] } }
}

/** 429 with when to come again, for what is too much. */
function statusOf({ extensions }: GraphQLFormattedError): Pick<Answer, 'status' | 'headers'> {
  const retryAfterS = extensions?.retryAfterS
  if (typeof retryAfterS !== 'number') return { status: 400 }
  return { status: 429, headers: { 'retry-after': String(retryAfterS) } }
}

function unauthenticated(error: GatewayError): Answer {
  const shown = formatError({ message: error.message }, error)
  if (error instanceof RateLimited) return { ...statusOf(shown), body: { errors: [shown] } }
  return { status: error.code === 'UNAUTHENTICATED' ? 401 : 503, body: { errors: [shown] } }
}
