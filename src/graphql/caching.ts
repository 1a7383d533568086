import { OperationTypeNode, type GraphQLResolveInfo } from 'graphql'
import type { Principal } from '../auth/policy.ts'
import type { DeviceAddress } from '../domain/address.ts'
import { deviceEntityTag, twinningEntityTag } from '../domain/entityTags.ts'
import type { Sealer } from '../domain/ids.ts'
import type { VisibleDevice, VisibleTwinning } from '../twinnings/visible.ts'

/** What a layer above (a router, a browser) may keep of one answer: until when, and under which tags it is to be dropped. */
export type Caching = {
  /**
   * To be told of all that is read: until when it is fresh (ms since 1970), and under which tags the gateway keeps it.
   */
  readonly read: (freshUntil: number, tags: readonly string[]) => void
  /** The answer holds what must not be kept anywhere. */
  readonly never: () => void
  readonly tagTwinning: (place: Place, visible: VisibleTwinning) => void
  /** Notes that the twinnings of a device were looked at, whose address the caller knows. */
  readonly tagDevice: (place: Place, device: DeviceAddress) => void
  /**
   * The same of a device, and its twinnings. Where its address was masked it gets no tag, which would tell it from other
   * devices: its twinnings get theirs.
   */
  readonly tagList: (place: Place, device: VisibleDevice, twinnings: readonly VisibleTwinning[]) => void
  /** This field is `_entities`, and has so many: their tags are told for each of them. */
  readonly expectEntities: (place: Place, count: number) => void
  /** What the answer was made from: until when all of it is fresh, in the past where nothing is known, and its tags. */
  readonly basis: () => Basis
  /** `apolloCacheTags` for root fields, `apolloEntityCacheTags` for `_entities`, by position. */
  readonly extensions: () => Record<string, unknown>
}

export type Basis = { readonly freshUntil: number; readonly tags: ReadonlySet<string> }

type Place = Pick<GraphQLResolveInfo, 'path' | 'operation'>

/** For one request. `tags`: whether answers carry them. */
export function createCaching({ sealer, tags }: { sealer: Sealer; tags: boolean }): Caching {
  let until = Infinity
  const readTags = new Set<string>()
  const rootTags = new Set<string>()
  const entityTags = new Map<string | number, Set<string>[]>()

  function add({ path, operation }: Place, tagsOf: () => readonly string[]): void {
    // A stream has one context for as long as it lasts.
    if (!tags || operation.operation !== OperationTypeNode.QUERY) return
    const { field, index } = rootOf(path)
    const ofEntity = typeof index === 'number' ? entityTags.get(field)?.[index] : undefined
    for (const tag of tagsOf()) (ofEntity ?? rootTags).add(tag)
  }

  const tagDevice: Caching['tagDevice'] = (place, device) =>
    add(place, () => [deviceEntityTag(device, sealer)])

  return {
    read: (time, tags) => {
      until = Math.min(until, time)
      for (const tag of tags) readTags.add(tag)
    },
    never: () => (until = 0),
    tagTwinning: (place, visible) => add(place, () => tagsOfTwinning(visible, sealer)),
    tagDevice,
    tagList: (place, { address, sight }, twinnings) => {
      if (sight === 'full') tagDevice(place, address)
      else add(place, () => twinnings.map((visible) => idTag(visible, sealer)))
    },
    expectEntities: ({ path }, count) => {
      if (tags)
        entityTags.set(
          path.key,
          Array.from({ length: count }, () => new Set()),
        )
    },
    basis: () => ({ freshUntil: readTags.size > 0 ? until : 0, tags: readTags }),
    extensions: () => {
      const [byPosition, another] = [...entityTags.values()]
      // A router asks for `_entities` once; whoever asks twice gets no positions, as there is but one list of them.
      const flat = another ? [...entityTags.values()].flat().flatMap((found) => [...found]) : []
      const all = new Set([...rootTags, ...flat])
      return {
        ...(all.size > 0 && { apolloCacheTags: [...all] }),
        ...(byPosition && !another && { apolloEntityCacheTags: byPosition.map((found) => [...found]) }),
      }
    },
  }
}

/** What an answer that holds a twinning is filed under, as far as its caller may know. */
export function tagsOfTwinning(visible: VisibleTwinning, sealer: Sealer): readonly string[] {
  const { twinning, sight } = visible
  const own = idTag(visible, sealer)
  return sight === 'full' ? [own, deviceEntityTag(twinning.ref.device, sealer)] : [own]
}

function idTag({ twinning }: VisibleTwinning, sealer: Sealer): string {
  return twinningEntityTag(sealer.sealRef(twinning.ref))
}

/** Of what is fresh. Private where a token decided what is in it. */
export function cacheControlOf(freshUntil: number, now: number, principal: Principal): string {
  const maxAgeS = Math.floor((freshUntil - now) / 1000)
  if (maxAgeS < 1) return 'no-store'
  const scope = principal.everything && principal.token === undefined ? 'public' : 'private'
  return `${scope}, max-age=${maxAgeS}`
}

function rootOf(path: Place['path']): { field: string | number; index: string | number | undefined } {
  let at = path
  let index: string | number | undefined
  for (; at.prev; at = at.prev) index = at.key
  return { field: at.key, index }
}
