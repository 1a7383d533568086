/** What an operator lets be done with its answer. */
export type Freshness = {
  readonly store: boolean
  /** `undefined` where it said nothing. */
  readonly freshForMs: number | undefined
  /** Whether it may be used after that, while the operator is away. */
  readonly mayBeStale: boolean
}

/** Not to be kept. */
export const notKept: Freshness = { store: false, freshForMs: 0, mayBeStale: false }

/**
 * Reads Cache-Control and Age as a shared cache must (RFC 9111 §5.2.2, §4.2.1): `no-store` and `private` are not kept,
 * nor is `no-cache`, which may not be used without asking again; `s-maxage` goes before `max-age`; one that can't be
 * read is 0; what is left is less the Age. `must-revalidate`, `proxy-revalidate` and `s-maxage` forbid stale use.
 */
export function freshnessOf(header: (name: string) => string | undefined): Freshness {
  const directives = parse(header('cache-control') ?? '')
  const has = (...names: string[]) => names.some((name) => directives.has(name))
  if (has('no-store', 'private', 'no-cache')) return notKept
  const mayBeStale = !has('must-revalidate', 'proxy-revalidate', 's-maxage')
  if (!has('s-maxage', 'max-age')) return { store: true, freshForMs: undefined, mayBeStale }
  const maxAgeS = seconds(directives.get('s-maxage') ?? directives.get('max-age')) ?? 0
  const ageS = seconds(header('age')) ?? 0
  return { store: true, freshForMs: Math.max(maxAgeS - ageS, 0) * 1000, mayBeStale }
}

function parse(cacheControl: string): Map<string, string> {
  const parts = cacheControl.split(',').map((part) => part.trim().toLowerCase().split('=', 2))
  return new Map(parts.map(([name = '', value = '']) => [name, value.replaceAll('"', '')]))
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
