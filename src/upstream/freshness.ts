/** How long an operator lets its answer be used, as far as it said; `undefined` where it said nothing. */
export type Freshness = { readonly store: boolean; readonly freshForMs: number | undefined }

/**
 * Reads Cache-Control and Age as a shared cache must (RFC 9111 §5.2.2, §4.2.1): `no-store` and `private` are not
 * kept, nor is `no-cache`, which may not be used without asking again; `s-maxage` goes before `max-age`, and what is left is less the Age.
 */
export function freshnessOf(header: (name: string) => string | undefined): Freshness {
  const directives = parse(header('cache-control') ?? '')
  if (['no-store', 'private', 'no-cache'].some((name) => directives.has(name)))
    return { store: false, freshForMs: 0 }
  const maxAgeS = seconds(directives.get('s-maxage')) ?? seconds(directives.get('max-age'))
  if (maxAgeS === undefined) return { store: true, freshForMs: undefined }
  const ageS = seconds(header('age')) ?? 0
  return { store: true, freshForMs: Math.max(maxAgeS - ageS, 0) * 1000 }
}

function parse(cacheControl: string): Map<string, string> {
  const parts = cacheControl.split(',').map((part) => part.trim().toLowerCase().split('=', 2))
  return new Map(parts.map(([name = '', value = '']) => [name, value.replaceAll('"', '')]))
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
