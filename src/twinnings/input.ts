import type { Refusal } from './refusal.ts'
import { Refused } from './refusal.ts'

const maxLength = 128

/** A name that people can read: 1 to 128 characters, no control characters. Throws Refused. */
export function checkedName(name: string): string {
  return checked(name.trim(), 'name')
}

/** An activation code as typed, without the white space around it. Throws Refused. */
export function checkedActivationCode(code: string): string {
  return checked(code.trim(), 'activationCode', 'INVALID_ACTIVATION_CODE')
}

/** Throws Refused. */
export function checkedIdempotencyKey(key: string): string {
  return checked(key, 'idempotencyKey')
}

function checked(value: string, field: string, code: Refusal['code'] = 'INVALID_INPUT'): string {
  const fault =
    value.length < 1 || value.length > maxLength
      ? `${field} must have 1 to ${maxLength} characters`
      : // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        /[\u0000-\u001f\u007f]/.test(value)
        ? `${field} must not hold control characters`
        : undefined
  if (fault !== undefined) throw new Refused({ code, message: fault, field: ['input', field] })
  return value
}
