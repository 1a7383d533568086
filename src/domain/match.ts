import type { DeviceAddress } from './address.ts'

/** True for what may stand in an operator's `match`: `*`, or something that begins with an address's scheme. */
export function isPattern(pattern: string): boolean {
  return pattern === '*' || /^(?:tel|sips?|acr):[^\s]*$/i.test(pattern)
}

/** How well an address matches: the number of characters that the pattern fixes, or `undefined` for no match. */
export type MatchLength = (address: DeviceAddress) => number | undefined

/**
 * Reads a pattern once, for the many addresses that are compared with it. A pattern without `*` is the beginning of an
 * address (`tel:+1555`); in one with `*` that stands for any characters, and the whole address without its parameters
 * must match (`sip:*@alpha.example`).
 */
export function compilePattern(pattern: string): MatchLength {
  const normal = normalPattern(pattern)
  if (!normal.includes('*')) return (address) => (address.startsWith(normal) ? normal.length : undefined)
  const parts = normal.split('*')
  const length = normal.length - parts.length + 1
  return (address) => {
    const bare = address.split(';', 1).join('')
    return glob(parts, bare) || glob(parts, address) ? length : undefined
  }
}

/** A pattern as near to an address's normal form as a part of one can be: what it is compared in. */
export function normalPattern(pattern: string): string {
  if (/^tel:/i.test(pattern)) return pattern.toLowerCase().replace(/[-.()]/g, '')
  const scheme = /^[a-z]+:/i.exec(pattern)?.[0] ?? ''
  const at = pattern.lastIndexOf('@')
  const end = at < 0 ? pattern.length : at
  return scheme.toLowerCase() + pattern.slice(scheme.length, end) + pattern.slice(end).toLowerCase()
}

/** Parts in order, the first at the start, the last at the end; linear, as a regular expression might not be. */
function glob(parts: readonly string[], text: string): boolean {
  const [head = '', ...rest] = parts
  const tail = rest.pop() ?? ''
  if (!text.startsWith(head)) return false
  let at = head.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - tail.length >= at && text.endsWith(tail)
}
