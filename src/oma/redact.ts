/** What stands where an activationCode or authCode would have stood. */
export const redacted = '[redacted]'

/**
 * Takes secrets out of a text that an operator wrote: those that are known by value, and whatever it labels as one
 * (`activationCode=1234`, `"authCode": "…"`, `authCode '…'`, `<authCode>…</authCode>`, `authCode is AB12`).
 */
export function redact(text: string, secrets: readonly string[]): string {
  const withoutKnown = secrets.reduce(
    (all, secret) => (secret ? all.replaceAll(secret, redacted) : all),
    text,
  )
  const withoutWords = withoutKnown.replace(codeInWords, (_, label: string) => `${label}${redacted}`)
  return withoutWords.replace(
    /\b((?:activation|auth)Code)(\\*["']?\s*[:=>]\s*|\s+(?=\\*["']))(?:\\*"[^"]*"|'[^']*'|[^\s"',;&}<]+)/gi,
    (_, name: string, between: string) => `${name}${between}${redacted}`,
  )
}

// Behind a code's name, what has a digit in it or is all capitals is no word of a sentence.
const codeInWords =
  /\b((?:activation|auth)Code(?:\s+(?:is|was|of|value))?\s+)(?:(?=[\w.~+/=-]*\d)[\w.~+/=-]{4,}|(?-i:[A-Z][A-Z-]{3,})\b)/gi
