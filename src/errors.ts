/** The codes that a client sees in `extensions.code`, beside those of GraphQL itself. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'POLICY_VIOLATION'
  | 'RATE_LIMITED'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_INVALID_RESPONSE'
  | 'COST_ESTIMATED_TOO_EXPENSIVE'
  | 'REQUEST_LIMIT_EXCEEDED'

/** What an operator said of its refusal, its variables filled in and its secrets taken out. */
export type OmaFault = {
  readonly messageId: string
  readonly text: string
  /** The names that the operator gave as variables, for telling which input it refused. */
  readonly variables: readonly string[]
  readonly httpStatus: number
  readonly operator: string
}

/** Base of everything that goes wrong for a reason that a client may know. `message` is safe to show. */
export abstract class GatewayError extends Error {
  abstract readonly code: ErrorCode
}

/** No valid access token. */
export class Unauthenticated extends GatewayError {
  override readonly name = 'Unauthenticated'
  readonly code = 'UNAUTHENTICATED'
}

/** A valid token that does not give this right. */
export class Forbidden extends GatewayError {
  override readonly name = 'Forbidden'
  readonly code = 'FORBIDDEN'
}

/** The caller's input can't be served; the message says what is wrong with it. */
export class BadUserInput extends GatewayError {
  override readonly name = 'BadUserInput'
  readonly code = 'BAD_USER_INPUT'
}

/** The operation may cost more than is allowed, or its answer hold more. The code is the one that Apollo Router has. */
export class TooExpensive extends GatewayError {
  override readonly name = 'TooExpensive'
  readonly code = 'COST_ESTIMATED_TOO_EXPENSIVE'
  readonly limit: 'cost' | 'leaves'
  /** `undefined` where it is more than can be estimated. */
  readonly estimated: number | undefined
  readonly max: number
  constructor(limit: 'cost' | 'leaves', estimated: number | undefined, max: number) {
    const what = { cost: 'the operation costs', leaves: 'the answer holds leaves:' }[limit]
    const much = estimated === undefined ? 'more than can be estimated' : `an estimated ${estimated}`
    super(`${what} ${much}, and ${max} is allowed: ask for fewer things at once`)
    this.limit = limit
    this.estimated = estimated
    this.max = max
  }
}

/** What a request may have so much of, and no more. */
export type LimitName =
  | 'body'
  | 'tokens'
  | 'depth'
  | 'aliases'
  | 'rootFields'
  | 'directives'
  | 'listLength'
  | 'upstreamCalls'
  | 'timeMs'

const excessOf: Readonly<Record<LimitName, (much: string) => string>> = {
  body: (much) => `the body has ${much} bytes`,
  tokens: (much) => `the document has ${much} tokens`,
  depth: (much) => `the document has ${much} levels of fields`,
  aliases: (much) => `the document has ${much} aliases`,
  rootFields: (much) => `the operation has ${much} fields at its root`,
  directives: (much) => `the document has ${much} directives`,
  listLength: (much) => `a list in the variables has ${much} members`,
  upstreamCalls: (much) => `the operation takes ${much} calls to operators`,
  timeMs: (much) => `the operation takes ${much} ms`,
}

/** A request has, needs or takes more of something than is allowed. */
export class LimitExceeded extends GatewayError {
  override readonly name = 'LimitExceeded'
  readonly code = 'REQUEST_LIMIT_EXCEEDED'
  readonly limit: LimitName
  /** `undefined` where it was not counted to the end. */
  readonly actual: number | undefined
  readonly max: number
  constructor(limit: LimitName, actual: number | undefined, max: number) {
    super(`${excessOf[limit](actual === undefined ? 'more' : String(actual))}, and ${max} is allowed`)
    this.limit = limit
    this.actual = actual
    this.max = max
  }
}

/** The caller has spent what it may spend in a minute. */
export class RateLimited extends GatewayError {
  override readonly name = 'RateLimited'
  readonly code = 'RATE_LIMITED'
  readonly retryAfterS: number
  constructor(retryAfterS: number) {
    super(`too much was asked for in a minute: ask again in ${retryAfterS} s`)
    this.retryAfterS = retryAfterS
  }
}

/** The operator gave no usable sign of life: no connection, a broken one, or none of ours that it accepts. */
export class UpstreamUnavailable extends GatewayError {
  override readonly name = 'UpstreamUnavailable'
  readonly code = 'UPSTREAM_UNAVAILABLE'
  readonly operator: string
  constructor(operator: string, what: string, options?: ErrorOptions) {
    super(`operator ${operator} ${what}`, options)
    this.operator = operator
  }
}

/** The operator did not answer in time. */
export class UpstreamTimeout extends GatewayError {
  override readonly name = 'UpstreamTimeout'
  readonly code = 'UPSTREAM_TIMEOUT'
  readonly operator: string
  constructor(operator: string, afterMs: number, options?: ErrorOptions) {
    super(`operator ${operator} gave no answer in ${afterMs} ms`, options)
    this.operator = operator
  }
}

/** Another instance has not ended what the same idempotencyKey began: whether it was done is not known. */
export class OutcomeUnknown extends GatewayError {
  override readonly name = 'OutcomeUnknown'
  readonly code = 'UPSTREAM_TIMEOUT'
  constructor(afterMs: number, options?: ErrorOptions) {
    super(`the first call with this idempotencyKey has not ended in ${afterMs} ms`, options)
  }
}

/** The operator answered, but not in a form that can be used; `problem` names the path of what was wrong. */
export class UpstreamInvalidResponse extends GatewayError {
  override readonly name = 'UpstreamInvalidResponse'
  readonly code = 'UPSTREAM_INVALID_RESPONSE'
  readonly operator: string
  readonly problem: string
  constructor(operator: string, problem: string, options?: ErrorOptions) {
    super(`operator ${operator} gave an answer that can't be used: ${problem}`, options)
    this.operator = operator
    this.problem = problem
  }
}

/** The operator refused with a 4xx or 5xx status. What that means to a client depends on what was asked. */
export class UpstreamRefusal extends GatewayError {
  override readonly name = 'UpstreamRefusal'
  readonly code: ErrorCode
  readonly operator: string
  readonly httpStatus: number
  readonly fault: OmaFault | undefined
  /** From Retry-After, where the operator sent one that can be read. */
  readonly retryAfterS: number | undefined
  constructor(facts: {
    operator: string
    code: ErrorCode
    httpStatus: number
    fault: OmaFault | undefined
    retryAfterS: number | undefined
  }) {
    super(facts.fault?.text ?? `operator ${facts.operator} answered with HTTP status ${facts.httpStatus}`)
    this.code = facts.code
    this.operator = facts.operator
    this.httpStatus = facts.httpStatus
    this.fault = facts.fault
    this.retryAfterS = facts.retryAfterS
  }
}
