import { UpstreamRefusal, type ErrorCode } from '../errors.ts'
import { decodeFault } from '../oma/fault.ts'
import { isXml, parseXml } from '../oma/xml.ts'
import type { TransportResponse } from './transport.ts'

/**
 * A 4xx or 5xx answer as an error. `forwarded`: the operator was asked with the caller's own token, so that a 401 or 403
 * is the caller's. `secrets`: what must not be repeated, should the operator have done so.
 */
export function refusalOf(
  response: TransportResponse,
  { operator, forwarded, secrets }: { operator: string; forwarded: boolean; secrets: readonly string[] },
): UpstreamRefusal {
  const { status, header } = response
  const fault = decodeFault(bodyOf(response), { operator, httpStatus: status, secrets })
  const retryAfterS = readRetryAfter(header('retry-after'))
  const code = codeOf(status, fault?.messageId, forwarded)
  return new UpstreamRefusal({ operator, httpStatus: status, fault, retryAfterS, code })
}

/** What a refused read means to a client. Mutations look at the fault itself first. */
function codeOf(status: number, messageId: string | undefined, forwarded: boolean): ErrorCode {
  if (status === 429) return 'RATE_LIMITED'
  if (status >= 500) return 'UPSTREAM_UNAVAILABLE'
  if (messageId?.startsWith('POL')) return 'POLICY_VIOLATION'
  if (status === 401 || status === 403) return forwarded ? 'FORBIDDEN' : 'UPSTREAM_UNAVAILABLE'
  if (messageId === 'SVC2003') return forwarded ? 'FORBIDDEN' : 'UPSTREAM_UNAVAILABLE'
  if (status === 400 && /^SVC000[234]$/.test(messageId ?? '')) return 'BAD_USER_INPUT'
  if (messageId === 'SVC0001' || messageId === 'SVC2001') return 'UPSTREAM_UNAVAILABLE'
  return 'UPSTREAM_INVALID_RESPONSE'
}

/** How long the operator wants to be left alone, where it says so in a form that can be read. */
export function retryAfterS({ header }: Pick<TransportResponse, 'header'>): number | undefined {
  return readRetryAfter(header('retry-after'))
}

/** Retry-After (RFC 9110 §10.2.3) in seconds, as a number or a date. */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  // Date.parse makes a date of nearly anything; all HTTP-dates of today end like this.
  const date = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(Math.ceil((date - Date.now()) / 1000), 0)
}

/** The body of an answer, which may be in XML all the same; `undefined` for what is neither that nor JSON. */
export function bodyOf({ text, header }: Pick<TransportResponse, 'text' | 'header'>): unknown {
  return isXml(header('content-type'), text) ? parseXml(text) : tryJson(text)
}

/** `undefined` for what is no JSON. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
