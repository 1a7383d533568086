import { InvalidRepresentation } from './decode.ts'
import { listOf, member } from './json.ts'
import { segmentsOf } from './paths.ts'

/** Which resource a notification is about, by its link's path; the host in it is never called. */
export type NotifiedResource = { readonly userId: string; readonly twinningId: string }

const maxLinks = 1000

/**
 * Body `{"twinningNotification": {"link": [{"rel": "Twinning", "href": "<resourceURL>"}]}}` [ours, in OMA's form]. Links
 * of another rel are not ours to know. Throws InvalidRepresentation.
 */
export function decodeNotification(body: unknown): NotifiedResource[] {
  const notification = member(body, 'twinningNotification')
  if (notification === undefined)
    throw new InvalidRepresentation('twinningNotification: expected an object, got nothing')
  const links = listOf(member(notification, 'link'))
  if (links.length === 0)
    throw new InvalidRepresentation('twinningNotification.link: expected at least one link, got none')
  if (links.length > maxLinks)
    throw new InvalidRepresentation(
      `twinningNotification.link: expected at most ${maxLinks} links, got ${links.length}`,
    )
  return links.flatMap((one, index) => {
    if (member(one, 'rel') !== 'Twinning') return []
    const href = member(one, 'href')
    const resource = typeof href === 'string' && URL.canParse(href) ? segmentsOf(new URL(href)) : undefined
    if (!resource)
      throw new InvalidRepresentation(
        `twinningNotification.link[${index}].href: expected the resourceURL of a twinning`,
      )
    return [resource]
  })
}
