import { InMemoryCache, type ApolloCache, type Reference } from '@apollo/client'
import possible from '../graphql/generated.ts'

type Page = { readonly nodes: readonly Reference[] }

/** A normalised cache: one entry for each twinning, by its id, wherever it was read. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: possible.possibleTypes,
    typePolicies: {
      Device: {
        keyFields: ['address'],
        fields: {
          twinnings: {
            keyArgs: ['role', 'twinningStatus'],
            // Null is an error's doing, such as an operator that is down: what was known before stays on the screen.
            merge: (known: Page | null | undefined, read: Page | null) => read ?? known ?? null,
          },
        },
      },
    },
  })
}

type Known = { readonly __typename?: string; readonly id: string }

/** Puts a twinning that has just come to be into its device's list. */
export function addTwinning(cache: ApolloCache, address: string, twinning: Known): void {
  const id = cache.identify(twinning)
  const device = cache.identify({ __typename: 'Device', address })
  if (id === undefined || device === undefined) return
  cache.modify<{ twinnings: Page | null }>({
    id: device,
    fields: {
      twinnings: (page, { toReference }) => {
        const known = page as Page | null
        const reference = toReference(id)
        if (!reference || known?.nodes.some((node) => node.__ref === id)) return known
        return { ...known, nodes: [...(known?.nodes ?? []), reference] }
      },
    },
  })
}

/** Forgets a twinning; lists leave out what is not there any more. */
export function removeTwinning(cache: ApolloCache, id: string): void {
  for (const __typename of possible.possibleTypes['Twinning'] ?? []) {
    const known = cache.identify({ __typename, id })
    if (known !== undefined) cache.evict({ id: known })
  }
  cache.gc()
}
