export function beginsWith(body: Buffer, start: Buffer): boolean {
  return body.length >= start.length && start.compare(body, 0, start.length) === 0
}

/** A copy with memory of its own: neither the rest of a body nor what else Node's pool holds is kept for it. */
export function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

const chunkBytes = 64 * 1024

/** Puts texts one behind the other, where they are read sooner than from many places; all of them go together. */
export function createArena(): (text: string) => Buffer {
  let chunk = Buffer.alloc(0)
  let used = 0

  return (text) => {
    const length = Buffer.byteLength(text)
    if (used + length > chunk.length) {
      chunk = Buffer.allocUnsafeSlow(Math.max(length, chunkBytes))
      used = 0
    }
    const bytes = chunk.subarray(used, used + length)
    bytes.write(text)
    used += length
    return bytes
  }
}
