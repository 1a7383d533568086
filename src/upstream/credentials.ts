import { createHash } from 'node:crypto'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { OperatorAuth } from '../config/operators.ts'
import type { Tls } from '../config/tls.ts'
import { Unauthenticated, UpstreamTimeout, UpstreamUnavailable } from '../errors.ts'
import { tryJson } from './refusal.ts'
import { readText, verified } from './transport.ts'

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
  let current: { header: string; until: number } | undefined
  let fetching: Promise<string> | undefined

  async function fetchToken(): Promise<string> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(auth.scope && { scope: auth.scope }),
    })
    // RFC 6749 §2.3.1: both parts are form-encoded before they become HTTP Basic.
    const basic = [auth.clientId, auth.clientSecret].map((part) => encodeURIComponent(part)).join(':')
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      const response = await request(auth.tokenUrl, {
        dispatcher,
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
        },
        body: form.toString(),
        signal: deadline,
      })
      const text = await readText(response, maxTokenBytes, operator)
      if (response.statusCode !== 200)
        throw new Error(`the token endpoint answered with HTTP status ${response.statusCode}`)
      const answer = tokenAnswer.parse(tryJson(text))
      const lifetimeMs = (answer.expires_in ?? 60) * 1000
      current = { header: `Bearer ${answer.access_token}`, until: Date.now() + lifetimeMs * 0.9 }
      return current.header
    } catch (error) {
      if (deadline.aborted) throw new UpstreamTimeout(operator, timeoutMs, { cause: error })
      throw new UpstreamUnavailable(operator, 'gave the gateway no access token', { cause: error })
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
