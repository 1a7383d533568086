/** What stands where an activationCode or authCode would have stood. */
export const redacted = '[redacted]'

/**
 * Takes secrets out of a text that an operator wrote: those that are known by value, and whatever it labels as one
 * (`activationCode=1234`, `"authCode": "…"`, `authCode '…'`, `<authCode>…</authCode>`).
 */
export function redact(text: string, secrets: readonly string[]): string {
  const withoutKnown = secrets.reduce(
    (all, secret) => (secret ? all.replaceAll(secret, redacted) : all),
    text,
  )
  return withoutKnown.replace(
    /\b((?:activation|auth)Code)(\\*["']?\s*[:=>]\s*|\s+(?=\\*["']))(?:\\*"[^"]*"|'[^']*'|[^\s"',;&}<]+)/gi,
    (_, name: string, between: string) => `${name}${between}${redacted}`,
  )
}
