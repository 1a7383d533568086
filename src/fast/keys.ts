import { LRUCache } from 'lru-cache'
import type { Principal } from '../auth/policy.ts'
import type { Asked } from './asked.ts'

/**
 * Names of requests: two have the same only if they have the same body, the same variant and callers of one class. What a
 * name is looked up by takes as long as it is long, so that what many requests have in common is replaced by a number.
 */
export type Keys = {
  /** `undefined` where nothing is kept of requests that begin so. */
  readonly find: (asked: Asked) => string | undefined
  /** The same, of something that is to be kept; `undefined` where it is too long for that. */
  readonly learn: (asked: Asked) => string | undefined
}

/** What bodies begin with: mostly the query. */
type Head = { readonly bytes: Buffer; readonly number: number }

/** A request that is longer is rare, takes long to look up, and would push many others out. */
export const longestBody = 4 * 1024
// A head ends with the first of these, wherever that is; where there is none it is empty.
const endOfHead = '"variables"'
const maxLengths = 100
const maxHeadsOfOneLength = 5
const maxClasses = 10_000

/** `forwards`: operators are asked with each caller's own token. */
export function createKeys({ forwards }: { forwards: boolean }): Keys {
  const heads = new LRUCache<number, readonly Head[]>({ max: maxLengths })
  const numbers = new LRUCache<string, number>({ max: maxClasses })
  const classes = new WeakMap<Principal, number>()
  let last: Head | undefined
  let given = 0

  function numberOfClass(principal: Principal): number {
    const known = classes.get(principal)
    if (known !== undefined) return known
    const name = nameOfClass(principal, forwards)
    const number = numbers.get(name) ?? (given += 1)
    numbers.set(name, number)
    classes.set(principal, number)
    return number
  }

  function findHead(body: Buffer): Head | undefined {
    // As it ends with the mark, what begins with it has the same head.
    if (last && beginsWith(body, last.bytes)) return last
    const found = heads.get(lengthOfHead(body))?.find(({ bytes }) => beginsWith(body, bytes))
    if (found && found.bytes.length > 0) last = found
    return found
  }

  function learnHead(body: Buffer): Head {
    // A copy: the rest of the body is not to be kept for it.
    const bytes = Buffer.from(body.subarray(0, lengthOfHead(body)))
    const head = { bytes, number: (given += 1) }
    heads.set(bytes.length, [head, ...(heads.get(bytes.length) ?? [])].slice(0, maxHeadsOfOneLength))
    return head
  }

  function keyOf({ body, variant, principal }: Asked, { bytes, number }: Head): string {
    return `${number} ${numberOfClass(principal)} ${variant}\n${body.toString('latin1', bytes.length)}`
  }

  return {
    find: (asked) => {
      const head = asked.body.length > longestBody ? undefined : findHead(asked.body)
      return head && keyOf(asked, head)
    },
    learn: (asked) => {
      const { body } = asked
      return body.length > longestBody ? undefined : keyOf(asked, findHead(body) ?? learnHead(body))
    },
  }
}

function lengthOfHead(body: Buffer): number {
  const at = body.indexOf(endOfHead)
  return at < 0 ? 0 : at + endOfHead.length
}

function beginsWith(body: Buffer, head: Buffer): boolean {
  return body.length >= head.length && head.compare(body, 0, head.length) === 0
}

/** Callers of one class get the same answer to the same request. */
function nameOfClass(principal: Principal, forwards: boolean): string {
  const { everything, address, scopes, token } = principal
  return JSON.stringify([
    everything,
    // Whether a token came decides whether the answer is private.
    token !== undefined,
    address ?? '',
    [...scopes].sort(),
    forwards ? (token ?? '') : '',
  ])
}
