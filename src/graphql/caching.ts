import type { ApolloServerPlugin } from '@apollo/server'
import { OperationTypeNode, type GraphQLResolveInfo } from 'graphql'
import type { DeviceAddress } from '../domain/address.ts'
import { deviceEntityTag, twinningEntityTag } from '../domain/entityTags.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Sight, VisibleTwinning } from '../twinnings/visible.ts'
import type { Context } from './context.ts'

/** What a layer above (a router, a browser) may keep of one answer: until when, and under which tags it is to be dropped. */
export type Caching = {
  /** To be told of all that is read: the answer is fresh as long as all of it (ms since 1970). */
  readonly freshUntil: (until: number) => void
  /** The answer holds what must not be kept anywhere. */
  readonly never: () => void
  readonly tagTwinning: (info: Place, id: string, visible: VisibleTwinning) => void
  /** Notes that the twinnings of a device were looked at. Masked, they get no tag: it would tell devices apart. */
  readonly tagDevice: (info: Place, device: DeviceAddress, sight: Sight) => void
  /** The answer has so many entities: tags of `_entities` are told for each of them. */
  readonly expectEntities: (count: number) => void
  /** How many seconds the answer may be kept: 0 where nothing is known. */
  readonly maxAgeS: () => number
  /** `apolloCacheTags` for root fields, `apolloEntityCacheTags` for `_entities`, by position. */
  readonly extensions: () => Record<string, unknown>
}

type Place = Pick<GraphQLResolveInfo, 'path' | 'operation'>

/** For one request. `tags`: whether answers carry them. */
export function createCaching({ sealer, tags }: { sealer: Sealer; tags: boolean }): Caching {
  let until = Infinity
  let hasRead = false
  const rootTags = new Set<string>()
  let entityTags: Set<string>[] = []

  function add({ path, operation }: Place, tag: () => string): void {
    // A stream has one context for as long as it lasts.
    if (!tags || operation.operation !== OperationTypeNode.QUERY) return
    const { field, index } = rootOf(path)
    const ofEntity = field === '_entities' && typeof index === 'number' ? entityTags[index] : undefined
    ;(ofEntity ?? rootTags).add(tag())
  }

  const tagDevice: Caching['tagDevice'] = (info, device, sight) => {
    if (sight === 'full') add(info, () => deviceEntityTag(device, sealer))
  }

  return {
    freshUntil: (time) => {
      hasRead = true
      until = Math.min(until, time)
    },
    never: () => (until = 0),
    tagTwinning: (info, id, { twinning, sight }) => {
      add(info, () => twinningEntityTag(id))
      tagDevice(info, twinning.ref.device, sight)
    },
    tagDevice,
    expectEntities: (count) => (entityTags = Array.from({ length: tags ? count : 0 }, () => new Set())),
    maxAgeS: () => (hasRead ? Math.max(Math.floor((until - Date.now()) / 1000), 0) : 0),
    extensions: () => ({
      ...(rootTags.size > 0 && { apolloCacheTags: [...rootTags] }),
      ...(entityTags.length > 0 && { apolloEntityCacheTags: entityTags.map((found) => [...found]) }),
    }),
  }
}

function rootOf(path: Place['path']): { field: string | number; index: string | number | undefined } {
  let at = path
  let index: string | number | undefined
  for (; at.prev; at = at.prev) index = at.key
  return { field: at.key, index }
}

/**
 * Cache-Control (RFC 9111 §5.2.2) of a query's answer: never longer than the freshness of what it was made from; private
 * where a token decided what is in it; and `no-store`, which stays where nothing is said here, with errors, for changes,
 * and for what is not fresh for a second.
 */
export const cachingHints: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ contextValue: { caching, principal }, operation, response: { body, http } }) => {
        const maxAgeS = caching.maxAgeS()
        if (body.kind !== 'single' || body.singleResult.errors || maxAgeS === 0) return Promise.resolve()
        if (operation?.operation !== OperationTypeNode.QUERY) return Promise.resolve()
        const scope = principal.everything && principal.token === undefined ? 'public' : 'private'
        http.headers.set('cache-control', `${scope}, max-age=${maxAgeS}`)
        http.headers.set('vary', 'authorization, accept')
        const extensions = { ...body.singleResult.extensions, ...caching.extensions() }
        if (Object.keys(extensions).length > 0) body.singleResult.extensions = extensions
        return Promise.resolve()
      },
    }),
}
