// The one place where texts that leave the process lose what must not be in them. It is the last line of defence, not the
// first: what is reported consists of closed sets of labels, and an error's message is written without values.

/**
 * For other eyes than a caller's, in logs, metrics and traces: without addresses of devices, tokens, codes, and names that are
 * labelled as such.
 */
export function redact(text: string): string {
  return suspicious.test(text) ? replaced(text, [...personal, ...secret]) : text
}

/**
 * For a caller: without tokens and codes. It may well be told the address of which it asked; whoever sees addresses masked is
 * told none by those who know that.
 */
export function redactSecrets(text: string): string {
  return suspiciousSecret.test(text) ? replaced(text, secret) : text
}

type Rule = readonly [pattern: RegExp, instead: string]

/** What stands where something was that nobody but its owner may read. */
const redacted = '[redacted]'

const personal: readonly Rule[] = [
  [/\b(?:tel|sips?|acr)(?::|%3a)(?:[^\s"'<>\\,;)}\]]|;(?=\w+=))+/gi, redacted],
  [/(?:\+|%2b)\d[\d(). -]{4,}\d/gi, redacted],
  [/(\\*"name\\*"\s*:\s*\\*")[^"\\]+/g, `$1${redacted}`],
]

const secret: readonly Rule[] = [
  [/\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)*/g, redacted],
  [/\b(bearer|basic) +[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  [
    /((?:activation|auth|authorization)_?code\\*["']?\s*[:=>]\s*\\*["']?)[^\s"'\\,;&}<[][^\s"'\\,;&}<]*/gi,
    `$1${redacted}`,
  ],
]

// Quicker than all the rules, and true wherever one of them may find something.
const suspicious = /\b(?:tel|sips?|acr)(?::|%3a)|(?:\+|%2b)\d|eyJ|bearer |basic |code|name\\*["']/i
const suspiciousSecret = /eyJ|bearer |basic |code/i

function replaced(text: string, rules: readonly Rule[]): string {
  return rules.reduce((all, [pattern, instead]) => all.replace(pattern, instead), text)
}
