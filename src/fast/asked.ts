import type { Principal } from '../auth/policy.ts'
import type { Context } from '../graphql/context.ts'
import type { Trail } from '../telemetry/trail.ts'

/** A request as far as its answer depends on it. */
export type Asked = {
  /** The body. */
  readonly text: string
  /** All headers but Authorization that its answer may depend on, as one text. */
  readonly variant: string
  readonly principal: Principal
}

/** A request that was executed. `text`: `undefined` where it is too long for its answer to be kept. */
export type Executed = Omit<Asked, 'text'> & { readonly text: string | undefined }

/** What it takes to fill in what is not at hand. */
export type Means = {
  /** Takes what a request costs from what its caller may still ask for, once for all; whether there was enough. */
  readonly pays: (cost: number) => boolean
  /** What is executed needs one. */
  readonly createContext: () => Promise<Context>
  /** Where somebody is to see what it does. */
  readonly trail: Trail | undefined
}

/** An answer that is at hand. */
export type Hit = {
  readonly kind: 'answer' | 'entities'
  readonly body: string
  /** In ms since 1970. */
  readonly freshUntil: number
  readonly headers: Headers
  /** What it was estimated to cost. */
  readonly cost: number
  readonly isPaid: boolean
  /** How many entries of the cache it was made from, by the tier that had them. */
  readonly memory: number
  readonly redis: number
}

/** Names and values, one after the other, as `writeHead` takes them; without Cache-Control and Content-Length. */
export type Headers = readonly string[]

const classes = new WeakMap<Principal, string>()

/** Callers of one class get the same answer to the same request. `forwards`: operators are asked with the caller's token. */
export function classOf(principal: Principal, forwards: boolean): string {
  const known = classes.get(principal)
  if (known !== undefined) return known
  const { everything, address, scopes, token } = principal
  const name = JSON.stringify([
    everything,
    // Whether a token came decides whether the answer is private.
    token !== undefined,
    address ?? '',
    [...scopes].sort(),
    forwards ? (token ?? '') : '',
  ])
  classes.set(principal, name)
  return name
}
