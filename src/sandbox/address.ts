const tel = /^tel:([+\d*#.() -]+)((?:;[\w.+=%~-]+)*)$/i
const sip = /^(sips?):([\x21-\x3f\x41-\x7e]+)@([\w.:[\]-]+)([;?][\x21-\x7e]*)?$/i
const acr = /^acr:([\x21-\x7e]+)$/i

/**
 * The one spelling of a `tel:`, `sip:`, `sips:` or `acr:` address, so that equal ones compare equal: no
 * visual separators in a telephone number (RFC 3966, 5.1.1), scheme and host in lower case. Anything else is
 * `undefined`.
 */
export function canonicalAddress(address: string): string | undefined {
  const [, number, telParameters = ''] = tel.exec(address) ?? []
  if (number !== undefined) return canonicalTel(number.replaceAll(/[.() -]/g, ''), telParameters)
  const [, scheme, user, host, rest = ''] = sip.exec(address) ?? []
  if (scheme !== undefined && user !== undefined && host !== undefined) {
    return `${scheme.toLowerCase()}:${user}@${host.toLowerCase()}${rest}`
  }
  const [, opaque] = acr.exec(address) ?? []
  return opaque === undefined ? undefined : `acr:${opaque}`
}

/**
 * Whether an address is one of `patterns`: `tel:+1555` is a prefix, `sip:*@alpha.example` stands for every
 * user of a host.
 */
export function createOwnership(patterns: readonly string[]): (canonical: string) => boolean {
  const wildcards = patterns.filter((pattern) => pattern.includes('*')).map(wildcard)
  const prefixes = patterns.filter((pattern) => !pattern.includes('*'))
  return (canonical) =>
    prefixes.some((prefix) => canonical.startsWith(prefix)) || wildcards.some((one) => one.test(canonical))
}

function canonicalTel(number: string, parameters: string): string | undefined {
  return /^\+?[\d*#]+$/.test(number) ? `tel:${number}${parameters.toLowerCase()}` : undefined
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.?+^$()[\]{}|\\/]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^@]*')}(?:[;?].*)?$`)
}
