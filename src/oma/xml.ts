import { SaxesParser } from 'saxes'
import { twinningNamespace } from './wire.ts'

/** An element under construction: its members by name, and its text. */
type Element = { readonly name: string; readonly members: Map<string, unknown[]>; text: string }

// An operator's list is four levels deep; what is deeper than this is made to be.
const maxDepth = 32

/** True for a body that is in XML, by its media type or, where that says nothing, by how it begins. */
export function isXml(contentType: string | undefined, text: string): boolean {
  if (contentType !== undefined && /^[\w.+-]+\/(?:[\w.+-]+\+)?xml\b/i.test(contentType)) return true
  return /^\s*(?:<\?xml\s|<(?:[\w.-]+:)?(?:twinning|twinningList|requestError)[\s/>])/.test(text)
}

/**
 * A body in XML as the JSON that it stands for ([Common]): an element is a member, without its prefix; several of one name
 * are a list; one without members is a text, and at the top an empty object. `undefined` for what is not well-formed, has
 * a document type (so that no entity is ever defined, let alone fetched), or is too deep.
 */
export function parseXml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** Throws for what is no XML that is taken here. */
function parse(text: string): unknown {
  const refuse = (fault: string) => {
    throw new TypeError(fault)
  }
  const parser = new SaxesParser()
  const open: Element[] = [{ name: '', members: new Map(), text: '' }]
  parser.on('error', (error) => refuse(error.message))
  parser.on('doctype', () => refuse('document type'))
  parser.on('opentag', ({ name }) => {
    if (open.length > maxDepth) refuse('too deep')
    open.push({ name: name.slice(name.indexOf(':') + 1), members: new Map(), text: '' })
  })
  const add = (more: string) => {
    const element = open.at(-1)
    if (element) element.text += more
  }
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => {
    const closed = open.pop()
    const parent = open.at(-1)
    if (!closed || !parent) return
    const value = closed.members.size > 0 || open.length === 1 ? objectOf(closed) : closed.text.trim()
    parent.members.set(closed.name, [...(parent.members.get(closed.name) ?? []), value])
  })
  parser.write(text).close()
  const [top] = open
  return top && objectOf(top)
}

function objectOf({ members }: Element): object {
  return Object.fromEntries(
    [...members].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

/** `{"twinning": …}` as XML. Members that are null or no values are left out. */
export function printXml({ twinning }: { readonly twinning: object }): string {
  const content = contentOf(twinning)
  return `<?xml version="1.0" encoding="UTF-8"?><tw:twinning xmlns:tw="${twinningNamespace}">${content}</tw:twinning>`
}

function contentOf(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .flatMap(([name, inner]: [string, unknown]) =>
        (Array.isArray(inner) ? inner : [inner]).map((one: unknown) => elementOf(name, one)),
      )
      .join('')
  return escape(String(value))
}

function elementOf(name: string, value: unknown): string {
  const isName = /^[A-Za-z_][\w.-]*$/.test(name)
  return isName && value !== null && value !== undefined ? `<${name}>${contentOf(value)}</${name}>` : ''
}

/** Beside what would end the text: what XML 1.0 §2.2 does not allow in any form is left out. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
