import { createHash } from 'node:crypto'
import { Agent } from 'undici'
import { z } from 'zod'
import type { OperatorAuth } from '../config/operators.ts'
import type { Tls } from '../config/tls.ts'
import { Unauthenticated, UpstreamTimeout, UpstreamUnavailable } from '../errors.ts'
import { receive, type Received } from './receive.ts'
import { tryJson } from './refusal.ts'
import { verified } from './transport.ts'

export type Credentials = {
  /** The Authorization header of a call made for this caller; `undefined` where the operator wants none. */
  readonly authorization: (
    callerToken: string | undefined,
    signal: AbortSignal,
  ) => Promise<string | undefined>
  /** The operator has refused this Authorization header. True where another try may get something better. */
  readonly refused: (authorization: string | undefined) => boolean
  /** Whose data an answer is: one word for all where the gateway asks in its own name, else one for each caller. */
  readonly partition: (callerToken: string | undefined) => string
}

const maxTokenBytes = 64 * 1024
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  // As text, as some servers have it; what can't be read counts as not said.
  expires_in: z.coerce.number().positive().optional().catch(undefined),
})

/** The ways to authenticate to an operator (OMA_AUTH, or `auth` in the operators file). */
export function createCredentials({
  operator,
  auth,
  timeoutMs,
  tls = {},
}: {
  operator: string
  auth: OperatorAuth
  timeoutMs: number
  tls?: Tls | undefined
}): Credentials {
  const ours = { refused: () => false, partition: () => 'gateway' }
  switch (auth.type) {
    case 'none':
      return { ...ours, authorization: () => Promise.resolve(undefined) }
    case 'token':
      return { ...ours, authorization: () => Promise.resolve(`Bearer ${auth.accessToken}`) }
    case 'client_credentials':
      return { ...ours, ...clientCredentials(operator, auth, { timeoutMs, tls }) }
    case 'forward':
      return {
        refused: () => false,
        partition: (token) =>
          createHash('sha256')
            .update(token ?? '')
            .digest('base64url'),
        authorization: (token) =>
          token === undefined
            ? Promise.reject(
                new Unauthenticated(`operator ${operator} is asked in the caller's name: send a token`),
              )
            : Promise.resolve(`Bearer ${token}`),
      }
  }
}

/** RFC 6749 §4.4. One token serves everybody until shortly before it expires; one fetch at a time gets it. */
function clientCredentials(
  operator: string,
  auth: Extract<OperatorAuth, { type: 'client_credentials' }>,
  { timeoutMs, tls }: { timeoutMs: number; tls: Tls },
): Pick<Credentials, 'authorization' | 'refused'> {
  // A token is fetched now and then: its connection is not kept.
  const dispatcher = new Agent({ connect: verified(tls), pipelining: 0 })
  const { origin, pathname, search } = new URL(auth.tokenUrl)
  let current: { header: string; until: number } | undefined
  let fetching: Promise<string> | undefined

  async function fetchToken(): Promise<string> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(auth.scope && { scope: auth.scope }),
    })
    // RFC 6749 §2.3.1: both parts are form-encoded before they become HTTP Basic.
    const basic = [auth.clientId, auth.clientSecret].map((part) => encodeURIComponent(part)).join(':')
    const received = await receive(
      dispatcher,
      {
        origin,
        path: pathname + search,
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
        },
        body: form.toString(),
      },
      { maxBytes: maxTokenBytes, withinMs: timeoutMs },
    )
    if (received.outcome === 'timeout') throw new UpstreamTimeout(operator, timeoutMs)
    try {
      const answer = tokenAnswer.parse(tokenIn(received))
      const lifetimeMs = (answer.expires_in ?? 60) * 1000
      current = { header: `Bearer ${answer.access_token}`, until: Date.now() + lifetimeMs * 0.9 }
      return current.header
    } catch (cause) {
      throw new UpstreamUnavailable(operator, 'gave the gateway no access token', { cause })
    }
  }

  return {
    authorization: () => {
      if (current && current.until > Date.now()) return Promise.resolve(current.header)
      fetching ??= fetchToken().finally(() => (fetching = undefined))
      return fetching
    },
    // Of several calls refused with one token, the first drops it; the others find its successor on its way or there.
    refused: (authorization) => {
      if (current?.header === authorization) current = undefined
      return true
    },
  }
}

/** The body of a token endpoint's answer, parsed. Throws where there is none, or it is a refusal. */
function tokenIn(received: Received): unknown {
  if (received.outcome === 'broken') throw received.cause
  if (received.outcome !== 'answer') throw new Error('the token endpoint answered with too much')
  if (received.status === 200) return tryJson(received.text)
  throw new Error(`the token endpoint answered with HTTP status ${received.status}`)
}
