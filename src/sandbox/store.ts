import { createHash, randomBytes } from 'node:crypto'
import type { WireTwinning } from '../oma/wire.ts'

/** One Twinning resource and what its operator knows beside it; a value, replaced and never changed. */
export type Resource = {
  readonly id: string
  /** Without activationCode: that lives in codes.ts, where it expires. */
  readonly twinning: WireTwinning
  /** Elements that this operator does not know, as the device sent them. */
  readonly extras: Readonly<Record<string, unknown>>
  /** resourceURL of the relationship's other end, at this operator or another. */
  readonly counterpart: string | undefined
  readonly version: number
}

export type Store = {
  readonly newId: () => string
  readonly find: (id: string) => Resource | undefined
  readonly listOf: (ownAddress: string) => readonly Resource[]
  /** Inserts or replaces; the version, and with it the ETag, is new each time. */
  readonly save: (resource: Omit<Resource, 'version'>) => Resource
  readonly remove: (id: string) => void
  readonly etagOf: (resource: Resource, activationCode: string | undefined) => string
  readonly listEtagOf: (etags: readonly string[]) => string
}

export function createStore({ changed }: { changed: (resourceURL: string) => void }): Store {
  const resources = new Map<string, Resource>()
  const idsOf = new Map<string, Set<string>>()
  // A restart begins to count again; without this, an ETag of the last run could match.
  const epoch = randomBytes(4).toString('hex')
  let version = 0

  function save(draft: Omit<Resource, 'version'>): Resource {
    const resource = { ...draft, version: ++version }
    const { ownAddress, resourceURL } = resource.twinning
    // Seeding may give an id to another device. Otherwise the place in the list stays.
    if (resources.get(resource.id)?.twinning.ownAddress !== ownAddress) forget(resource.id)
    resources.set(resource.id, resource)
    idsOf.set(ownAddress, (idsOf.get(ownAddress) ?? new Set()).add(resource.id))
    changed(resourceURL)
    return resource
  }

  function remove(id: string): void {
    const resource = resources.get(id)
    forget(id)
    if (resource) changed(resource.twinning.resourceURL)
  }

  function forget(id: string): void {
    const ownAddress = resources.get(id)?.twinning.ownAddress ?? ''
    resources.delete(id)
    idsOf.get(ownAddress)?.delete(id)
  }

  return {
    newId: () => `tw-${randomBytes(9).toString('hex')}`,
    find: (id) => resources.get(id),
    listOf: (ownAddress) => [...(idsOf.get(ownAddress) ?? [])].flatMap((id) => resources.get(id) ?? []),
    save,
    remove,
    // An activationCode disappears from the representation by the clock alone, so the version cannot tell.
    etagOf: ({ version }, activationCode) =>
      `"${epoch}-${version}${activationCode === undefined ? '' : 'c'}"`,
    listEtagOf: (etags) => `"${createHash('sha256').update(`${epoch} ${etags.join()}`).digest('base64url')}"`,
  }
}
