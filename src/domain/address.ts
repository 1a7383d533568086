import { staysOneSegment } from './segments.ts'

/** A `tel:`, `sip:`, `sips:` or `acr:` URI in normal form: two spellings of one address are one string. */
export type DeviceAddress = string & { readonly __brand: 'DeviceAddress' }

// A limit, not a rule of the RFCs: the longest address that is still a key, a path segment and a log field.
const maxLength = 256

/**
 * Reads an address and brings it to normal form, or answers `undefined` where it is none.
 *
 * - `tel:` (RFC 3966): visual separators go, parameters are lower-cased and sorted (§4: their order and case say
 *   nothing). A local number may lack its phone-context, as voice mail short codes (`tel:*86`) do in practice.
 * - `sip:`, `sips:` (RFC 3261 §19.1.4): scheme and host are lower-cased, needless escapes undone; the user part keeps
 *   its case. Passwords and headers (`?subject=…`) are no part of a device's address, nor is a segment `..` between
 *   slashes: addresses stand in paths.
 * - `acr:` (OMA Anonymous Customer Reference): opaque, only the scheme is lower-cased.
 */
export function parseAddress(text: string): DeviceAddress | undefined {
  if (text.length > maxLength || !staysOneSegment(text)) return undefined
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  const scheme = text.slice(0, colon).toLowerCase()
  const rest = text.slice(colon + 1)
  switch (scheme) {
    case 'tel':
      return brand(scheme, parseTel(rest))
    case 'sip':
    case 'sips':
      return brand(scheme, parseSip(rest))
    case 'acr':
      return brand(scheme, /^(?:[\w\-.~!$&'()*+,;=:@]|%[0-9a-f]{2})+$/i.test(rest) ? rest : undefined)
    default:
      return undefined
  }
}

/**
 * An address as somebody may see it who counts devices but must not know them: `tel:` keeps its first five and last two
 * characters (shorter than nine: the last two), `sip:` and `sips:` their host, `acr:` nothing.
 */
export function maskAddress(address: DeviceAddress): string {
  const [scheme = '', rest = ''] = split(address, ':')
  if (scheme === 'tel') {
    const [number = ''] = split(rest, ';')
    const shown = number.length < 9 ? 0 : 5
    return `tel:${number.slice(0, shown)}${'*'.repeat(Math.max(number.length - shown - 2, 0))}${number.slice(-2)}`
  }
  if (scheme === 'acr') return 'acr:*****'
  const host = rest.slice(rest.lastIndexOf('@') + 1).split(';', 1)
  return `${scheme}:*****@${host.join('')}`
}

/** A text of somebody else's with `*****` for whatever looks like an address in it: better one too many. */
export function maskAddressesIn(text: string): string {
  return text.replace(/\b(?:tel|sips?|acr)(?::|%3a)[^\s"'<>]+|\+?\d[\d().-]{4,}\d/gi, '*****')
}

function brand(scheme: string, rest: string | undefined): DeviceAddress | undefined {
  return rest === undefined ? undefined : (`${scheme}:${rest}` as DeviceAddress)
}

function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function parseTel(rest: string): string | undefined {
  const [number = '', ...parameters] = rest.split(';')
  const digits = number.replace(/[-.()]/g, '')
  if (!/^(?:\+\d{1,32}|[\d*#]{1,32})$/.test(digits)) return undefined
  if (!parameters.every((p) => /^[a-z\d-]+(?:=(?:[\w\-.~!$&'()*+:[\]/]|%[0-9a-f]{2})+)?$/i.test(p)))
    return undefined
  const sorted = parameters.map((p) => p.toLowerCase()).sort()
  return [digits, ...sorted].join(';')
}

function parseSip(rest: string): string | undefined {
  const parts = /^(?:([^@:]+)@)?([^@;?]+)((?:;[^@?]*)?)$/.exec(rest)
  if (!parts) return undefined
  const [, user, host = '', parameters = ''] = parts
  if (user !== undefined && !/^(?:[\w\-.~!*'()&=+$,;?/]|%[0-9a-f]{2})+$/i.test(user)) return undefined
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z\d](?:[a-z\d.-]*[a-z\d])?)(?::\d{1,5})?$/i.test(host)) return undefined
  if (!/^(?:;(?:[\w\-.~!*'()[\]/:&+$=]|%[0-9a-f]{2})+)*$/i.test(parameters)) return undefined
  const userPart = user === undefined ? '' : `${undoNeedlessEscapes(user)}@`
  return `${userPart}${host.toLowerCase()}${parameters}`
}

function undoNeedlessEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w\-.~]/.test(character) ? character : escape.toUpperCase()
  })
}
