import type { DeviceAddress } from './address.ts'
import type { Sealer } from './ids.ts'

// What a layer above the gateway files an answer under, so that it can drop it when the entity changes. Opaque: such
// layers keep these names where no address may stand.

/** `id`: the opaque id of a twinning. */
export function twinningEntityTag(id: string): string {
  return `twinning-${id}`
}

/** Stands for all of a device's twinnings as well. */
export function deviceEntityTag(device: DeviceAddress, sealer: Sealer): string {
  return `device-${sealer.deviceTag(device)}`
}
