import type { NewTwinning, TwinningChange, TwinningRole, TwinningStatus } from '../domain/twinning.ts'
import type { WireNewTwinning, WireRole, WireStatus, WireTwinning } from './wire.ts'

const roles = { PRIMARY: 'Primary', SECONDARY: 'Secondary' } as const satisfies Record<TwinningRole, WireRole>
const statuses = { PENDING: 'Pending', ON: 'On', OFF: 'Off' } as const satisfies Record<
  TwinningStatus,
  WireStatus
>

/** What a POST says of a twinning that does not exist yet ([CR20] Change 1). */
export function encodeNewTwinning({ role, ...rest }: NewTwinning): WireNewTwinning {
  return { role: roles[role], ...rest }
}

/** The elements of T ([CR20] Change 1) that a PUT replaces; the others are sent back as they came. */
export function encodeChange({ twinningStatus, name }: TwinningChange): Partial<WireTwinning> {
  return {
    ...(twinningStatus !== undefined && { twinningStatus: statuses[twinningStatus] }),
    ...(name !== undefined && { name }),
  }
}
