import type { Principal } from '../auth/policy.ts'
import type { Sealer } from '../domain/ids.ts'
import type { GatewayError } from '../errors.ts'
import type { Explanation } from '../telemetry/explanation.ts'
import type { Trail } from '../telemetry/trail.ts'
import type { Reader } from '../twinnings/reader.ts'
import type { Watcher } from '../twinnings/watcher.ts'
import type { Writer } from '../twinnings/writer.ts'
import type { Caching } from './caching.ts'
import type { Budget } from './cost/budget.ts'
import type { Allowance } from './limits/allowance.ts'

/** Something that an answer lacks without any of its fields having failed. Stands in `extensions.warnings`. */
export type Warning = {
  readonly code: 'UPSTREAM_INVALID_RESPONSE'
  readonly message: string
  readonly path: readonly (string | number)[]
}

/** What one request brings to its resolvers. */
export type Context = {
  readonly principal: Principal
  /** Why the caller is nobody; such a caller gets no further than introspection, or nowhere: RateLimited. */
  readonly unauthenticated: GatewayError | undefined
  /** Takes what the operation costs from what its caller may still ask for; throws RateLimited. */
  readonly spend: (cost: number) => void
  readonly reader: Reader
  readonly writer: Writer
  readonly sealer: Sealer
  readonly watcher: Watcher
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
  readonly warnings: Warning[]
  readonly caching: Caching
  /** The moment of the cache at which the request came: what was evicted after it is not in its answer. */
  readonly epoch: number
  readonly budget: Budget
  readonly allowance: Allowance
  /** Where somebody is to see what it does. */
  readonly trail: Trail | undefined
  /** What it took so far, where the caller asked to see it and may. */
  readonly explanation: Explanation | undefined
}
