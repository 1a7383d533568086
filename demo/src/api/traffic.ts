import type { Call, RecordOf } from './record.ts'

export type OperatorStates = Readonly<Record<string, boolean>>

/** As src/http/traffic.ts writes them. */
type Events = {
  readonly hello: { readonly now: number; readonly run: string }
  readonly state: { readonly id: string; readonly down: boolean }
  readonly call: Omit<Call, 'key' | 'type'>
}

const closeMs = 2_000

/** Listens to what the sandbox's operators are asked, and whether they are down; answers how to stop. */
export function listenToTraffic({
  record,
  onState,
}: {
  record: RecordOf
  onState: (id: string, down: boolean) => void
}): () => void {
  const source = new EventSource('/demo/traffic')
  let aheadMs = 0
  let known: string | undefined
  const on = <Name extends keyof Events>(name: Name, handle: (data: Events[Name]) => void) =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) =>
      handle(JSON.parse(data) as Events[Name]),
    )

  on('hello', ({ now, run }) => {
    // Devices and tokens are those of a gateway that is gone.
    if (known !== undefined && known !== run) location.reload()
    known = run
    const differenceMs = now - Date.now()
    // The way of the message is part of the difference: what is small says nothing about the clocks.
    aheadMs = Math.abs(differenceMs) > closeMs ? differenceMs : 0
  })
  on('state', ({ id, down }) => onState(id, down))
  on('call', (call) => record.call({ ...call, at: call.at - aheadMs }))
  return () => source.close()
}
