import { UpstreamInvalidResponse } from '../errors.ts'
import type { Credentials } from './credentials.ts'
import { templateOf } from '../oma/paths.ts'
import { isXml, printXml } from '../oma/xml.ts'
import type { Calls, CallTrail } from '../telemetry/trail.ts'
import { bodyOf, refusalOf } from './refusal.ts'
import type { Transport, TransportRequest, TransportResponse } from './transport.ts'

/** For whom a call is made, and until when. */
export type Caller = {
  readonly token: string | undefined
  readonly signal: AbortSignal
  /** Where somebody is to see it. */
  readonly trail?: CallTrail | undefined
}

export type Call = Pick<TransportRequest, 'method' | 'path' | 'maxBytes'> & {
  readonly caller: Caller
  /** What is sent, where something is. */
  readonly twinning?: object
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  /** What must not be repeated, should the operator have done so. */
  readonly secrets?: readonly string[]
  /** Statuses, beside 2xx, that whoever calls reads itself. */
  readonly accept?: readonly number[]
}

/** Authenticated exchanges with one operator. */
export type Exchange = {
  /** Throws UpstreamRefusal for a 4xx or 5xx that is not accepted, and what Transport and Credentials throw. */
  readonly send: (call: Call) => Promise<TransportResponse>
  /** The body of an answer, whichever representation it came in. Throws UpstreamInvalidResponse. */
  readonly json: (response: TransportResponse) => unknown
}

/** `forwarded`: the operator is asked with the caller's own token, so that a 401 or 403 is the caller's. */
export function createExchange({
  operator,
  transport,
  credentials,
  forwarded,
}: {
  operator: string
  transport: Transport
  credentials: Credentials
  forwarded: boolean
}): Exchange {
  // What the operator understands is what it last answered in, or took.
  let speaksXml = false

  async function send(call: Call): Promise<TransportResponse> {
    const { method, path, caller } = call
    const calls = caller.trail?.calls({ operator, method, resource: templateOf(path) })
    const { response, authorization } = await attempt(call, calls)
    // The operator has not acted on what it did not accept, so that even a POST may be sent again.
    const again = response.status === 401 && credentials.refused(authorization)
    const accepted = again ? (await attempt(call, calls)).response : response
    const answer = accepted.status === 415 && call.twinning ? await sendOtherwise(call, calls) : accepted
    if (answer.status < 300 && answer.text !== '')
      speaksXml = isXml(answer.header('content-type'), answer.text)
    if ((answer.status >= 200 && answer.status < 300) || call.accept?.includes(answer.status)) return answer
    if (answer.status < 400)
      throw new UpstreamInvalidResponse(operator, `status: expected 2xx, got ${answer.status}`)
    throw refusalOf(answer, { operator, forwarded, secrets: call.secrets ?? [] })
  }

  /** In the other representation (RFC 9110 §15.5.16): the operator has not acted on what it did not understand. */
  async function sendOtherwise(call: Call, calls: Calls | undefined): Promise<TransportResponse> {
    speaksXml = !speaksXml
    return (await attempt(call, calls)).response
  }

  async function attempt(
    { caller, twinning, ifMatch, ifNoneMatch, ...call }: Call,
    calls: Calls | undefined,
  ) {
    const authorization = await credentials.authorization(caller.token, caller.signal)
    const response = await transport.exchange({
      method: call.method,
      path: call.path,
      maxBytes: call.maxBytes,
      signal: caller.signal,
      calls,
      headers: {
        accept: 'application/json, application/xml;q=0.5',
        ...(authorization !== undefined && { authorization }),
        ...(twinning && { 'content-type': speaksXml ? 'application/xml' : 'application/json' }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
      },
      ...(twinning && { body: speaksXml ? printXml({ twinning }) : JSON.stringify({ twinning }) }),
    })
    return { response, authorization }
  }

  function json(response: TransportResponse): unknown {
    const value = bodyOf(response)
    // The parser's own message quotes the body, and the body may hold a code.
    if (value !== undefined) return value
    throw new UpstreamInvalidResponse(
      operator,
      `body: expected JSON, got ${response.text.trim() === '' ? 'nothing' : 'something else'}`,
    )
  }

  return { send, json }
}
