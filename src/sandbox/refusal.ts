// [Common] How an OMA RESTful Network API says no: an HTTP status and a `requestError`.
import type { WireException, WireRequestError } from '../oma/wire.ts'
import type { HttpAnswer } from './http.ts'

/** Thrown anywhere below the routes, answered by the operator as it is. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: HttpAnswer

  constructor(status: number, exception: WireException, headers?: Record<string, string>) {
    super(`${status} ${exception.messageId}`)
    const requestError: WireRequestError['requestError'] = exception.messageId.startsWith('POL')
      ? { policyException: exception }
      : { serviceException: exception }
    this.answer = { status, body: { requestError }, ...(headers && { headers }) }
  }
}

/** SVC0002, naming the part; the value itself is never repeated, for it may be a secret. */
export function invalidInput(part: string, status = 400): Refusal {
  return new Refusal(status, {
    messageId: 'SVC0002',
    text: 'Invalid input value for message part %1',
    variables: [part],
  })
}

export function invalidChoice(part: string, valid: readonly string[]): Refusal {
  return new Refusal(400, {
    messageId: 'SVC0003',
    text: 'Invalid input value for message part %1, valid values are %2',
    variables: [part, valid.join(', ')],
  })
}

/** SVC1014 is the code registered for this API. */
export function undefinedRole(role: string): Refusal {
  return new Refusal(400, { messageId: 'SVC1014', text: 'Undefined twinning role %1', variables: [role] })
}

export function unknownUser(): Refusal {
  return new Refusal(404, {
    messageId: 'SVC0004',
    text: 'No valid addresses provided in message part %1',
    variables: ['userId'],
  })
}

export function unauthorized(): Refusal {
  const exception = {
    messageId: 'SVC2003',
    text: 'Invalid access token in message part %1',
    variables: ['Authorization'],
  }
  return new Refusal(401, exception, { 'www-authenticate': 'Bearer' })
}

export function forbidden(reason: string): Refusal {
  return new Refusal(403, {
    messageId: 'POL0001',
    text: 'A policy error occurred. Error code is %1',
    variables: [reason],
  })
}

export function serviceError(status: number, reason: string): Refusal {
  return new Refusal(status, serviceException(reason))
}

export function methodNotAllowed(allow: string): Refusal {
  return new Refusal(405, serviceException('method-not-allowed'), { allow })
}

function serviceException(reason: string): WireException {
  return { messageId: 'SVC0001', text: 'A service error occurred. Error code is %1', variables: [reason] }
}
