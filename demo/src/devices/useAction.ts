import type { ErrorLike } from '@apollo/client'
import { CombinedGraphQLErrors } from '@apollo/client/errors'
import { useState } from 'react'
import type { Problem } from '../api/record.ts'
import { asProblem } from '../api/recording.ts'
import type { RefusalFragment } from '../graphql/generated.ts'

type Outcome<T> = { readonly data?: T | null | undefined; readonly error?: ErrorLike | undefined }
type Payload = { readonly userErrors: readonly RefusalFragment[] } | null

export type Action = {
  readonly busy: boolean
  /** Why the last attempt came to nothing. */
  readonly problem: Problem | undefined
  /** Runs a mutation; answers its payload where it did what was asked. */
  readonly run: <T, P extends Payload>(
    mutation: Promise<Outcome<T>>,
    payloadOf: (data: T) => P,
  ) => Promise<NonNullable<P> | undefined>
  readonly forget: () => void
}

/** A change that a person makes: one at a time, with what went wrong to be shown. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()

  const run: Action['run'] = async (mutation, payloadOf) => {
    setBusy(true)
    setProblem(undefined)
    try {
      const { data, error } = await mutation
      const payload = data ? payloadOf(data) : null
      const problem = error ? problemOf(error) : payload?.userErrors[0]
      if (!problem && payload) return payload
      setProblem(problem ?? { code: 'NO_ANSWER', message: 'there was no answer' })
    } catch (error) {
      setProblem({ code: 'NO_ANSWER', message: error instanceof Error ? error.message : String(error) })
    } finally {
      setBusy(false)
    }
    return undefined
  }

  return { busy, problem, run, forget: () => setProblem(undefined) }
}

/** The first of what went wrong, in the words of the API. */
export function problemOf(error: ErrorLike): Problem {
  const [first] = CombinedGraphQLErrors.is(error) ? error.errors : []
  return first ? asProblem(first) : { code: 'NO_ANSWER', message: error.message }
}
