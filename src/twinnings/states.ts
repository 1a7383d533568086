import { createHash } from 'node:crypto'
import type { Change } from '../changes.ts'
import type { DeviceTwinnings, Twinning, TwinningRef } from '../domain/twinning.ts'

/** What was last known of one twinning: enough to tell that it has changed, and no more. */
export type State = { readonly ref: TwinningRef; readonly digest: string; readonly isPending: boolean }

/** By the operator's id of the twinning. */
export type States = ReadonlyMap<string, State>

/** Without its codes, which an entry that came out of Redis lacks. */
export function stateOf(twinning: Twinning): State {
  const { ref, role, name, twinningStatus, otherDevice, ownAddress, resourceURL, voicemailAddress } = twinning
  const facts = [
    [role, name, twinningStatus],
    [otherDevice?.address, otherDevice?.name],
    [ownAddress, resourceURL, voicemailAddress],
  ]
  const digest = createHash('sha256').update(JSON.stringify(facts)).digest('base64')
  return { ref, digest, isPending: twinningStatus === 'PENDING' }
}

/** What could not be decoded is as it was before, if it was. */
export function statesOf({ twinnings, leftOut }: DeviceTwinnings, before?: States): Map<string, State> {
  const kept = leftOut.flatMap(({ twinningId = '' }) => {
    const state = before?.get(twinningId)
    return state ? [[twinningId, state] as const] : []
  })
  return new Map([
    ...kept,
    ...twinnings.map((twinning) => [twinning.ref.twinningId, stateOf(twinning)] as const),
  ])
}

/** What has happened between the two. */
export function changesBetween(before: States, now: States): Change[] {
  const gone = [...before.values()].filter(({ ref }) => !now.has(ref.twinningId))
  const made = [...now.values()].filter(({ ref }) => !before.has(ref.twinningId))
  const changed = [...now.values()].filter(({ ref, digest }) => {
    const old = before.get(ref.twinningId)
    return old && old.digest !== digest
  })
  const as = (kind: Change['kind'], states: readonly State[]) => states.map(({ ref }) => ({ kind, ref }))
  return [...as('CREATED', made), ...as('UPDATED', changed), ...as('DELETED', gone)]
}

/** What has happened to one twinning. */
export function changesOf(before: Twinning | undefined, now: Twinning | undefined): Change[] {
  const states = (twinning: Twinning | undefined): States =>
    new Map(twinning && [[twinning.ref.twinningId, stateOf(twinning)]])
  return changesBetween(states(before), states(now))
}

/** What has happened to a list. */
export function changesOfList(before: DeviceTwinnings, now: DeviceTwinnings): Change[] {
  const states = statesOf(before)
  return changesBetween(states, statesOf(now, states))
}
