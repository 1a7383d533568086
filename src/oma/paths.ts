import type { DeviceAddress } from '../domain/address.ts'

/** `{serverRoot}/twinning/v1/{userId}/twinnings` [ours]; the address is one escaped path segment. */
export function listPath(device: DeviceAddress): string {
  return `/twinning/v1/${encodeURIComponent(device)}/twinnings`
}

/** `{serverRoot}/twinning/v1/{userId}/twinnings/{twinningId}`. */
export function twinningPath(device: DeviceAddress, twinningId: string): string {
  return `${listPath(device)}/${encodeURIComponent(twinningId)}`
}

/**
 * The {twinningId} at the end of a resourceURL, or `undefined` where there is none that can stand in a path of ours:
 * `.` and `..` would climb out of it, however they were escaped.
 */
export function twinningIdOf(resourceURL: URL): string | undefined {
  const segment = resourceURL.pathname.split('/').at(-1) ?? ''
  const id = decodeSegment(segment)
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!id || id === '.' || id === '..' || id.length > 256 || /[\u0000-\u001f\u007f]/.test(id))
    return undefined
  return id
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
