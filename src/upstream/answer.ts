import { freshnessOf, type Freshness } from './freshness.ts'
import type { TransportResponse } from './transport.ts'

/** What an operator has, and how it may be kept; `value` is `undefined` where it still has the ETag that was sent (304). */
export type Answer<T> = {
  readonly value: T | undefined
  readonly etag: string | undefined
  readonly freshness: Freshness
}

/** `read`: what the body says, where there is one. */
export function answerOf<T>({ status, header }: TransportResponse, read: () => T): Answer<T> {
  return {
    value: status === 304 ? undefined : read(),
    etag: header('etag'),
    freshness: freshnessOf(header),
  }
}

/** RFC 9110 §13.1.2: who sends an ETag may be told that it still holds. */
export function acceptedFor(etag: string | undefined): readonly number[] {
  return etag === undefined ? [404, 410] : [304, 404, 410]
}
