import type { DeviceAddress } from '../domain/address.ts'
import { isTwinningId } from '../domain/segments.ts'

const listTemplate = '/twinning/v1/{userId}/twinnings'

/** The template of a path that was made here: for whoever may not know the address and the id in it. */
export function templateOf(path: string): string {
  return path.endsWith('/twinnings') ? listTemplate : `${listTemplate}/{twinningId}`
}

/** `{serverRoot}/twinning/v1/{userId}/twinnings` [ours]; the address is one escaped path segment. */
export function listPath(device: DeviceAddress): string {
  return `/twinning/v1/${encodeURIComponent(device)}/twinnings`
}

/** `{serverRoot}/twinning/v1/{userId}/twinnings/{twinningId}`. Whoever has read the id has seen that it is one. */
export function twinningPath(device: DeviceAddress, twinningId: string): string {
  if (!isTwinningId(twinningId)) throw new TypeError('a path was asked for with what is no twinningId')
  return `${listPath(device)}/${encodeURIComponent(twinningId)}`
}

/**
 * The {twinningId} at the end of a resourceURL, or `undefined` where there is none that can stand in a path of ours:
 * `.` and `..` would climb out of it, however they were escaped.
 */
export function twinningIdOf(resourceURL: URL): string | undefined {
  const segment = resourceURL.pathname.split('/').at(-1) ?? ''
  const id = decodeSegment(segment)
  return id !== undefined && isTwinningId(id) ? id : undefined
}

/** The {userId} and {twinningId} that a linked resource names, for links that operators send. */
export function segmentsOf(href: URL): { userId: string; twinningId: string } | undefined {
  const match = /\/twinning\/v1\/([^/]+)\/twinnings\/[^/]+$/.exec(href.pathname)
  const userId = match?.[1] === undefined ? undefined : decodeSegment(match[1])
  const twinningId = twinningIdOf(href)
  return userId === undefined || twinningId === undefined ? undefined : { userId, twinningId }
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
