import type { DeviceAddress } from '../domain/address.ts'
import type { DeviceTwinnings, LeftOut, TwinningRole, TwinningStatus } from '../domain/twinning.ts'
import { GatewayError, LimitExceeded } from '../errors.ts'
import type { Loaders } from './loaders.ts'

/** Counts over the twinnings of some devices. */
export type Statistics = {
  readonly devices: number
  /** Devices of which nothing could be read: counted in `devices`, and in nothing else. */
  readonly devicesUnavailable: number
  readonly twinnings: number
  readonly byStatus: { twinningStatus: TwinningStatus; count: number }[]
  readonly byRole: { role: TwinningRole; count: number }[]
  /** What could not be decoded, and so is not counted. */
  readonly leftOut: readonly LeftOut[]
}

/** A device named twice counts once. How many reads run side by side is bounded by each operator's connections. */
export async function countTwinnings(
  addresses: readonly DeviceAddress[],
  loaders: Loaders,
): Promise<Statistics> {
  const devices = [...new Set(addresses)]
  const lists = await Promise.all(devices.map((device) => listOrNothing(device, loaders)))
  const twinnings = lists.flatMap((list) => list?.twinnings ?? [])
  const count = (matches: (t: (typeof twinnings)[number]) => boolean) => twinnings.filter(matches).length
  return {
    devices: devices.length,
    devicesUnavailable: lists.filter((list) => list === undefined).length,
    twinnings: twinnings.length,
    byStatus: (['PENDING', 'ON', 'OFF'] as const).map((twinningStatus) => ({
      twinningStatus,
      count: count((t) => t.twinningStatus === twinningStatus),
    })),
    byRole: (['PRIMARY', 'SECONDARY'] as const).map((role) => ({
      role,
      count: count((t) => t.role === role),
    })),
    leftOut: lists.flatMap((list) => list?.leftOut ?? []),
  }
}

async function listOrNothing(device: DeviceAddress, loaders: Loaders): Promise<DeviceTwinnings | undefined> {
  try {
    return await loaders.twinningsOf(device)
  } catch (error) {
    // No operator, no answer, or none that can be read; anything else is ours to mend, or the caller's.
    if (error instanceof GatewayError && !(error instanceof LimitExceeded)) return undefined
    throw error
  }
}
