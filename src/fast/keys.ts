import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Principal } from '../auth/policy.ts'
import type { Asked } from './asked.ts'
import { createHeads, type Head } from './heads.ts'

/**
 * Names of requests: two have the same only if they have the same body, the same variant and callers of one class. What a
 * name is looked up by takes as long as it is long, so that what many requests have in common is replaced by a number.
 */
export type Keys = {
  /** `undefined` where it is too long for anything to be kept of it. */
  readonly find: (asked: Asked) => string | undefined
  /** The same, of something that is to be kept: from then on it is found by it. */
  readonly learn: (asked: Asked) => string | undefined
}

/** A request that is longer is rare, takes long to look up, and would push many others out. */
export const longestBody = 4 * 1024
const maxClasses = 10_000

/** `forwards`: operators are asked with each caller's own token. */
export function createKeys({ forwards }: { forwards: boolean }): Keys {
  const heads = createHeads()
  const numbers = new LRUCache<string, number>({ max: maxClasses })
  const classes = new WeakMap<Principal, number>()
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

  function keyOf({ body, variant, principal }: Asked, { bytes, number }: Head): string {
    return `${number} ${numberOfClass(principal)} ${variant}\n${body.toString('latin1', bytes.length)}`
  }

  return {
    find: (asked) => (asked.body.length > longestBody ? undefined : keyOf(asked, heads.find(asked.body))),
    learn: (asked) => (asked.body.length > longestBody ? undefined : keyOf(asked, heads.learn(asked.body))),
  }
}

/** Callers of one class get the same answer to the same request. A digest: tokens are not to be kept for it. */
function nameOfClass(principal: Principal, forwards: boolean): string {
  const { everything, address, scopes, token } = principal
  const parts = [
    everything,
    // Whether a token came decides whether the answer is private.
    token !== undefined,
    address ?? '',
    [...scopes].sort(),
    forwards ? (token ?? '') : '',
  ]
  return hash('sha256', JSON.stringify(parts), 'base64')
}
