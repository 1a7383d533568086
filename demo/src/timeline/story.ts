import type { Call, Entry, Event, Operation } from '../api/record.ts'

/** An operation with the REST calls that it caused, an event, or calls that belong to no operation of this page. */
export type Scene =
  | { readonly type: 'operation'; readonly operation: Operation; readonly calls: readonly Call[] }
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'calls'; readonly key: number; readonly calls: readonly Call[] }

/** Tells what happened as scenes, newest first. */
export function asStory(entries: readonly Entry[]): Scene[] {
  const operations = entries.filter((entry) => entry.type === 'operation')
  const caused = new Map<Operation, Call[]>(operations.map((operation) => [operation, []]))
  const scenes: (Scene & { at: number })[] = []
  let loose: Call[] | undefined
  for (const entry of entries.toSorted((one, other) => one.at - other.at)) {
    const cause = entry.type === 'call' ? causeOf(entry, operations) : undefined
    if (entry.type === 'call' && cause) {
      caused.get(cause)?.push(entry)
      continue
    }
    if (entry.type === 'call') {
      if (loose) loose.push(entry)
      else scenes.push({ type: 'calls', key: entry.key, calls: (loose = [entry]), at: entry.at })
      continue
    }
    loose = undefined
    if (entry.type === 'event') scenes.push({ type: 'event', event: entry, at: entry.at })
    else scenes.push({ type: 'operation', operation: entry, calls: caused.get(entry) ?? [], at: entry.at })
  }
  return scenes.reverse()
}

/**
 * The operation that a call began during. Operations may overlap, and nothing on the wire says which one it was: then the
 * one of the device in the call's path, else the latest.
 */
function causeOf({ at, path }: Call, operations: readonly Operation[]): Operation | undefined {
  const during = operations.filter(
    (operation) =>
      operation.kind !== 'subscription' &&
      operation.at <= at &&
      at <= (operation.endedAt ?? Number.POSITIVE_INFINITY),
  )
  return during.findLast(({ address }) => path.includes(encodeURIComponent(address))) ?? during.at(-1)
}
