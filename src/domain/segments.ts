/**
 * Whether a text stays the one segment of a path that it is put into, escaped, whoever reads that path: a server behind it may
 * undo escapes once more than it should, take other characters for what they look like, or cut off what begins with `;`.
 */
export function staysOneSegment(text: string): boolean {
  if (plain.test(text)) return text !== ''
  let form = text
  for (let times = 0; times < maxUnescaped; times++) {
    if (climbs(form) || climbs(form.normalize('NFKC'))) return false
    const unescaped = unescape(form)
    if (unescaped === form) return true
    form = unescaped
  }
  // Nobody escapes so often what has nothing to hide.
  return false
}

const longestTwinningId = 256

/** What an operator may name a twinning by: anything that can stand in a path. */
export function isTwinningId(id: string): boolean {
  return id.length <= longestTwinningId && staysOneSegment(id)
}

const maxUnescaped = 4
// Printable ASCII without `%` and `.`.
const plain = /^[ -$&--/-[\]-~]*$/

/** Has a segment `.` or `..` in it, or characters that end a line or a text. */
function climbs(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text) || !text.isWellFormed()) return true
  return text.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment))
}

function unescape(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      // No UTF-8: then each byte is a character, for somebody.
      return escapes.replace(/%(..)/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
    }
  })
}
