import { beginsWith, copyOf } from './bytes.ts'

/**
 * What bodies begin with, up to their variables: mostly the query. A client's bodies have few of them, which are numbered, so
 * that a body can be named by a number and what is left of it.
 */
export type Heads = {
  /** The empty one where it has none, or one that is not known. */
  readonly find: (body: Buffer) => Head
  /** The same, but one that is not known is from now on, if there is room for it. */
  readonly learn: (body: Buffer) => Head
}

export type Head = { readonly bytes: Buffer; readonly number: number }
type Known = Head & { isUsed: boolean }

const none: Head = { bytes: Buffer.alloc(0), number: 0 }
// A head ends with the first of these, wherever that is.
const end = '"variables"'
const maxLengths = 100
const maxOfOneLength = 5
// One that nobody has begun with for so long makes room. What is kept under its number is not found any more.
const unusedMs = 3600_000

/** `now`: a clock in ms. */
export function createHeads(now: () => number = () => performance.now()): Heads {
  const byLength = new Map<number, readonly Known[]>()
  let last: Known | undefined
  let given = 0
  let sweptAt = now()

  function known(body: Buffer, length: number): Known | undefined {
    const found = byLength.get(length)?.find(({ bytes }) => beginsWith(body, bytes))
    if (found) found.isUsed = true
    return found
  }

  function hasRoom(length: number): boolean {
    const others = byLength.get(length)
    return others ? others.length < maxOfOneLength : byLength.size < maxLengths
  }

  function sweep(): void {
    if (now() - sweptAt < unusedMs) return
    sweptAt = now()
    last = undefined
    for (const [length, all] of byLength) {
      const used = all.filter(({ isUsed }) => isUsed)
      for (const head of used) head.isUsed = false
      if (used.length > 0) byLength.set(length, used)
      else byLength.delete(length)
    }
  }

  function find(body: Buffer): Head {
    // As it ends with the mark, what begins with it has the same head.
    if (last && beginsWith(body, last.bytes)) return last
    const found = known(body, lengthOfHead(body))
    if (found) last = found
    return found ?? none
  }

  return {
    find,
    learn: (body) => {
      const found = find(body)
      if (found !== none) return found
      const length = lengthOfHead(body)
      if (length === 0) return none
      if (!hasRoom(length)) sweep()
      if (!hasRoom(length)) return none
      const head = { bytes: copyOf(body.subarray(0, length)), number: (given += 1), isUsed: true }
      byLength.set(length, [head, ...(byLength.get(length) ?? [])])
      return head
    },
  }
}

/** Of a body's head in bytes; 0 where it has none. */
export function lengthOfHead(body: Buffer): number {
  const at = body.indexOf(end)
  return at < 0 ? 0 : at + end.length
}
