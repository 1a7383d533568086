/**
 * Gathers what arrives in one turn of the event loop, and serves it one after the other once all of it has arrived. Answers
 * that are written one right after the other wake their readers once; written as they come, each wakes one, and that costs
 * the writer more than all else that a small answer needs (docs/hot-path.md). Who is alone waits for nobody.
 */
export function createBatch<T>(serve: (one: T) => void): (one: T) => void {
  let arrived: T[] = []

  function serveAll(): void {
    const all = arrived
    arrived = []
    for (const one of all) serve(one)
  }

  return (one) => {
    if (arrived.push(one) === 1) setImmediate(serveAll)
  }
}
