import type { Cursor, Sealer } from '../domain/ids.ts'
import type { DeviceAddress } from '../domain/address.ts'
import { BadUserInput } from '../errors.ts'
import type { VisibleTwinning } from '../twinnings/visible.ts'

export type PageArguments = {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** Which page is asked for. */
export type WantedPage = {
  readonly size: number
  readonly fromEnd: boolean
  readonly after: Cursor | undefined
  readonly before: Cursor | undefined
}

export type Page = {
  readonly edges: { readonly cursor: string; readonly node: VisibleTwinning }[]
  readonly nodes: VisibleTwinning[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
  readonly totalCount: number
}

const defaultSize = 20
const maxSize = 100

/** Reads the arguments of a page, before anything is loaded for it. Throws BadUserInput. */
export function readPage(page: PageArguments, device: DeviceAddress, sealer: Sealer): WantedPage {
  return {
    ...sizeOf(page),
    after: readCursor('after', page.after, device, sealer),
    before: readCursor('before', page.before, device, sealer),
  }
}

/**
 * One page of a device's twinnings (GraphQL Cursor Connections Specification). `all` are in the operator's order;
 * `matches` filters them. A cursor names the twinning that it stands at, so that what comes or goes elsewhere does not
 * move it; should that one be gone, the place where it stood counts.
 */
export function pageOf(
  device: DeviceAddress,
  all: readonly VisibleTwinning[],
  matches: (visible: VisibleTwinning) => boolean,
  { size, fromEnd, ...cursors }: WantedPage,
  sealer: Sealer,
): Page {
  const after = cursors.after ? lastBefore(cursors.after, all) : -1
  const before = cursors.before ? firstNotBefore(cursors.before, all) : all.length

  const matching = [...all.entries()].filter(([, visible]) => matches(visible))
  const between = matching.filter(([index]) => index > after && index < before)
  const chosen = fromEnd ? between.slice(Math.max(between.length - size, 0)) : between.slice(0, size)

  const edges = chosen.map(([index, node]) => ({
    cursor: sealer.sealCursor({ device, twinningId: node.twinning.ref.twinningId, index }),
    node,
  }))
  // An empty page stands where it would have begun.
  const start = chosen[0]?.[0] ?? (fromEnd ? before : after + 1)
  const end = chosen.at(-1)?.[0] ?? start - 1
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: matching.some(([index]) => index > end),
      hasPreviousPage: matching.some(([index]) => index < start),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: matching.length,
  }
}

function sizeOf({ first, last, before, after }: PageArguments): { size: number; fromEnd: boolean } {
  if (first != null && last != null)
    throw new BadUserInput('first and last exclude each other: give one of them')
  const [name, size] = last == null ? ['first', first] : ['last', last]
  if (size != null && (size < 0 || size > maxSize))
    throw new BadUserInput(`${name} must be from 0 to ${maxSize}, got ${size}`)
  // `before` alone asks for what leads up to it.
  const fromEnd = last != null || (first == null && before != null && after == null)
  return { size: size ?? defaultSize, fromEnd }
}

function readCursor(
  name: string,
  text: string | null | undefined,
  device: DeviceAddress,
  sealer: Sealer,
): Cursor | undefined {
  if (text == null) return undefined
  const cursor = sealer.openCursor(text)
  if (cursor?.device === device) return cursor
  throw new BadUserInput(`${name} is no cursor of this device's twinnings`)
}

/** The index of the cursor's twinning; should it be gone, of what stood before it. */
function lastBefore(cursor: Cursor, all: readonly VisibleTwinning[]): number {
  const at = indexOf(cursor, all)
  return at >= 0 ? at : cursor.index - 1
}

/** The index of the cursor's twinning; should it be gone, of what stood behind it. */
function firstNotBefore(cursor: Cursor, all: readonly VisibleTwinning[]): number {
  const at = indexOf(cursor, all)
  return at >= 0 ? at : cursor.index
}

function indexOf({ twinningId }: Cursor, all: readonly VisibleTwinning[]): number {
  return all.findIndex(({ twinning }) => twinning.ref.twinningId === twinningId)
}
