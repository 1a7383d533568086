import type { TypedDocumentNode } from '@apollo/client'
import { useApolloClient, useQuery, useSubscription } from '@apollo/client/react'
import { addTwinning, removeTwinning } from '../api/cache.ts'
import type { Problem } from '../api/record.ts'
import type { PairingFragment, TwinningChangeKind } from '../graphql/generated.ts'
import { problemOf } from './useAction.ts'

type Listed<T> = {
  readonly twinningDevice: { readonly twinnings: { readonly nodes: readonly T[] } | null } | null
}
type Changed<T> = {
  readonly twinningChanged: {
    readonly kind: TwinningChangeKind
    readonly twinningId: string
    readonly twinning: T | null
  }
}

export type Twinnings<T> = {
  readonly twinnings: readonly T[]
  /** Whether they have been read; none is then none. */
  readonly known: boolean
  readonly loading: boolean
  readonly problem: Problem | undefined
  readonly lookAgain: () => void
}

/** The twinnings of a device, kept up to date by its subscription. */
export function useTwinnings<T extends PairingFragment>(
  address: string,
  {
    list,
    changes,
  }: {
    list: TypedDocumentNode<Listed<T>, Record<string, never>>
    changes: TypedDocumentNode<Changed<T>, Record<string, never>>
  },
): Twinnings<T> {
  const { cache } = useApolloClient()
  const { data, error, loading, refetch } = useQuery(list)

  // What has changed is in the cache by its id already; only coming and going concerns the list.
  useSubscription(changes, {
    onData: ({ data: { data } }) => {
      const change = data?.twinningChanged
      if (change?.kind === 'DELETED') removeTwinning(cache, change.twinningId)
      else if (change?.twinning) addTwinning(cache, address, change.twinning)
    },
  })

  const nodes = data?.twinningDevice?.twinnings?.nodes
  return {
    twinnings: nodes ?? [],
    known: nodes !== undefined,
    loading,
    problem: error && problemOf(error),
    lookAgain: () => void refetch(),
  }
}
