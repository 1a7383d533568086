export type DeviceName = 'watch' | 'phone'

/** What was wrong with an answer. */
export type Problem = { readonly code: string; readonly message: string; readonly path?: string }

/** A GraphQL operation, from the moment that it is sent. */
export type Operation = {
  readonly type: 'operation'
  readonly key: number
  readonly device: DeviceName
  readonly address: string
  readonly kind: string
  readonly name: string
  readonly document: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly at: number
  readonly endedAt?: number
  readonly answer?: unknown
  readonly problems: readonly Problem[]
}

/** What a subscription told. */
export type Event = {
  readonly type: 'event'
  readonly key: number
  readonly device: DeviceName
  readonly name: string
  readonly at: number
  readonly answer: unknown
  readonly problems: readonly Problem[]
}

/** A REST call, as the sandbox's operators saw it. */
export type Call = {
  readonly type: 'call'
  readonly key: number
  readonly from: string
  readonly to: string
  readonly method: string
  readonly path: string
  readonly status?: number
  readonly at: number
  readonly tookMs: number
  readonly request?: unknown
  readonly answer?: unknown
}

export type Entry = Operation | Event | Call

type Draft<T extends Entry> = Omit<T, 'key' | 'type'>

export type RecordOf = {
  readonly begin: (operation: Omit<Draft<Operation>, 'problems'>) => number
  readonly end: (key: number, outcome: Pick<Operation, 'endedAt' | 'answer' | 'problems'>) => void
  readonly event: (event: Draft<Event>) => void
  readonly call: (call: Draft<Call>) => void
  readonly clear: () => void
  /** For useSyncExternalStore. */
  readonly subscribe: (changed: () => void) => () => void
  readonly entries: () => readonly Entry[]
}

const most = 200

/** Everything that happened, oldest first; what is long ago is forgotten. */
export function createRecord(): RecordOf {
  let entries: readonly Entry[] = []
  let lastKey = 0
  const listeners = new Set<() => void>()

  function set(next: readonly Entry[]): void {
    entries = next.slice(-most)
    for (const changed of listeners) changed()
  }

  function add(entry: (key: number) => Entry): number {
    const key = ++lastKey
    set([...entries, entry(key)])
    return key
  }

  return {
    begin: (operation) => add((key) => ({ ...operation, type: 'operation', key, problems: [] })),
    end: (key, outcome) =>
      set(entries.map((entry) => (entry.key === key ? { ...entry, ...outcome } : entry))),
    event: (event) => void add((key) => ({ ...event, type: 'event', key })),
    call: (call) => void add((key) => ({ ...call, type: 'call', key })),
    clear: () => set([]),
    subscribe: (changed) => {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
    entries: () => entries,
  }
}
