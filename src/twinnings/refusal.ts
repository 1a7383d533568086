import { UpstreamRefusal } from '../errors.ts'

/** All that a change may be refused for. */
export const refusalCodes = [
  'INVALID_ACTIVATION_CODE',
  'INVALID_INPUT',
  'INVALID_STATUS_TRANSITION',
  'NOT_FOUND',
  'CONFLICT',
  'REFUSED_BY_POLICY',
] as const

/** What a person can put right about a change that was not made. Becomes a `userErrors` entry as it is. */
export type Refusal = {
  readonly code: (typeof refusalCodes)[number]
  readonly message: string
  /** The path into the arguments. */
  readonly field?: string[]
  readonly omaMessageId?: string
}

/** A change that was refused, on its way to whoever asked for it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.message, options)
    this.refusal = refusal
  }
}

export const notFound: Refusal = {
  code: 'NOT_FOUND',
  message: 'there is no such twinning',
  field: ['input', 'id'],
}

// The elements of the wire that a client gave, by the names that operators use for them in their variables.
const fields: Readonly<Record<string, string>> = {
  activationCode: 'activationCode',
  name: 'name',
  twinningStatus: 'twinningStatus',
  userId: 'deviceAddress',
  ownAddress: 'deviceAddress',
  address: 'deviceAddress',
}

// The fields that each change takes: an operator may blame an element of the resource that is none of them.
const fieldsOf: Readonly<Record<Operation, readonly string[]>> = {
  request: ['deviceAddress', 'name'],
  activate: ['deviceAddress', 'activationCode', 'name'],
  'set status': ['twinningStatus'],
  rename: ['name'],
  delete: [],
}

// For people, where the operator gave no words.
const plain: Readonly<Partial<Record<Refusal['code'], string>>> = {
  INVALID_ACTIVATION_CODE: 'this activation code is unknown, expired or used',
  NOT_FOUND: notFound.message,
  CONFLICT: 'somebody else has changed this meanwhile: read it again',
}

export type Operation = 'request' | 'activate' | 'set status' | 'rename' | 'delete'

/**
 * What an operator's refusal means to the person behind a change, or `undefined` where that person can do nothing about
 * it: the operator is down, or has not understood the gateway. Codes: OMA-TS-REST_NetAPI_Common, exceptions.
 */
function refusalOf(error: unknown, operation: Operation): Refusal | undefined {
  if (!(error instanceof UpstreamRefusal) || error.httpStatus >= 500 || error.httpStatus === 429)
    return undefined
  const { httpStatus, fault } = error
  const parts = partsOf(fault?.variables)
  const code = codeOf(operation, httpStatus, fault?.messageId, parts)
  if (!code) return undefined
  const field = fieldOf(code, operation, parts)
  return {
    code,
    message: fault?.text ?? plain[code] ?? error.message,
    ...(fault && { omaMessageId: fault.messageId }),
    ...(field !== undefined && { field: ['input', field] }),
  }
}

/** Runs a change; what a person can put right about a refusal comes out as Refused. */
export async function refusing<T>(operation: Operation, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const refusal = refusalOf(error, operation)
    throw refusal ? new Refused(refusal, { cause: error }) : error
  }
}

function codeOf(
  operation: Operation,
  httpStatus: number,
  messageId: string | undefined,
  parts: readonly string[],
): Refusal['code'] | undefined {
  if (messageId?.startsWith('POL')) return 'REFUSED_BY_POLICY'
  if (httpStatus === 401 || httpStatus === 403 || messageId === 'SVC2003') return undefined
  if (httpStatus === 412) return 'CONFLICT'
  const invalidValue = messageId === 'SVC0002' || messageId === 'SVC0003'
  if (operation === 'activate') {
    const blamesAnother = parts.length > 0 && !parts.includes('activationCode')
    if (
      parts.includes('activationCode') ||
      ((invalidValue || httpStatus === 404 || httpStatus === 410) && !blamesAnother)
    )
      return 'INVALID_ACTIVATION_CODE'
  }
  const isExisting = operation !== 'request' && operation !== 'activate'
  if (isExisting && (httpStatus === 404 || httpStatus === 410)) return 'NOT_FOUND'
  if (
    operation === 'set status' &&
    (parts.includes('twinningStatus') || (httpStatus === 409 && parts.length === 0 && messageId))
  )
    return 'INVALID_STATUS_TRANSITION'
  if (httpStatus === 409) return 'CONFLICT'
  return invalidValue || messageId === 'SVC0004' || messageId === 'SVC2002' ? 'INVALID_INPUT' : undefined
}

function fieldOf(code: Refusal['code'], operation: Operation, parts: readonly string[]): string | undefined {
  if (code === 'INVALID_ACTIVATION_CODE') return 'activationCode'
  if (code === 'INVALID_STATUS_TRANSITION') return 'twinningStatus'
  if (code === 'NOT_FOUND') return 'id'
  if (code === 'REFUSED_BY_POLICY' || code === 'CONFLICT') return undefined
  const named = parts
    .flatMap((part) => fields[part] ?? [])
    .find((field) => fieldsOf[operation].includes(field))
  return named ?? (operation === 'rename' ? 'name' : undefined)
}

/** The known parts that an operator's variables name; `twinning.name` and `name` are one. */
function partsOf(variables: readonly string[] = []): string[] {
  return variables
    .map((variable) => variable.split('.').at(-1) ?? '')
    .filter((part) => Object.hasOwn(fields, part))
}
