import type { Principal } from '../auth/policy.ts'
import type { Context } from '../graphql/context.ts'
import { varies } from '../graphql/finish.ts'
import type { Trail } from '../telemetry/trail.ts'

/** A request as far as its answer depends on it. */
export type Asked = {
  readonly body: Buffer
  /** All headers but Authorization that its answer may depend on, as one text. */
  readonly variant: string
  readonly principal: Principal
}

/** A request that Apollo Server has executed. `body`: `undefined` where it is too long for its answer to be kept. */
export type AskedBefore = Omit<Asked, 'body'> & { readonly body: Buffer | undefined }

/** What it takes to execute what is not at hand. */
export type Means = {
  /** Takes what a request costs from what its caller may still ask for, once for all; whether there was enough. */
  readonly pays: (cost: number) => boolean
  readonly createContext: () => Context
  /** Where somebody is to see what it does. */
  readonly trail: Trail | undefined
}

/** An answer that is at hand. */
export type Hit = {
  readonly kind: 'answer' | 'entities'
  readonly body: string
  /** Of the body in UTF-8, where they have been counted. */
  readonly bytes?: number | undefined
  /** In ms since 1970. */
  readonly freshUntil: number
  readonly headers: Headers
  /** Where nobody may keep it, whatever of it is fresh. */
  readonly cacheControl?: 'no-store'
  /** What it was estimated to cost. */
  readonly cost: number
  readonly isPaid: boolean
  /** How many entries of the cache it was made from, by the tier that had them. */
  readonly memory: number
  readonly redis: number
}

/** Of answers that may be kept, and of those that may not. */
export type HeadersOf = { readonly kept: Headers; readonly plain: Headers }

/** An answer that had to be executed, and is paid for. */
export type Executed = {
  readonly kind: 'document'
  readonly body: string
  readonly cacheControl: string
  readonly headers: Headers
}

/** Names and values, one after the other, as `writeHead` takes them; without Cache-Control and Content-Length. */
export type Headers = readonly string[]

/** The same of an answer that may not be kept: of that is not said what it varies by (see `finish`). */
export function withoutVary(headers: Headers): Headers {
  const pairs = headers.flatMap((name, n) => (n % 2 === 0 ? [[name, headers[n + 1] ?? ''] as const] : []))
  return pairs.flatMap(([name, value]) => {
    if (name !== 'vary' || !value.startsWith(varies)) return [name, value]
    const rest = value.slice(varies.length).replace(/^, /, '')
    return rest === '' ? [] : [name, rest]
  })
}
