/**
 * Gathers what arrives in one turn of the event loop, and serves it one after the other once all of it has arrived. Answers
 * that are written one right after the other wake their readers once; written as they come, each wakes one, and that costs
 * the writer more than all else that a small answer needs (docs/hot-path.md). Who is alone waits for nobody.
 *
 * `serve`: whether that was all. Where there is more to come of it, that begins before the next one is served.
 */
export function createBatch<T>(serve: (one: T) => boolean): (one: T) => void {
  let arrived: T[] = []

  function serveAll(): void {
    const all = arrived
    arrived = []
    for (const [n, one] of all.entries()) {
      if (serve(one)) continue
      later(all.slice(n + 1))
      return
    }
  }

  function later(rest: T[]): void {
    if (rest.length === 0) return
    if (arrived.length === 0) setImmediate(serveAll)
    arrived = [...rest, ...arrived]
  }

  return (one) => {
    if (arrived.push(one) === 1) setImmediate(serveAll)
  }
}
