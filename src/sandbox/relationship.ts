// [CR20] What activation and toggles do to the two ends of a relationship; pure.
import type { WireOtherDevice, WireRole, WireTwinning } from '../oma/wire.ts'
import { without } from './elements.ts'

/** What only the Primary's server knows, and gives to the Secondary's resource. */
export type Credentials = { readonly authCode: string; readonly primaryDeviceVMAddress?: string }

/** An end's device as the other end names it. */
export function asOtherDevice({
  ownAddress,
  name,
}: Pick<WireTwinning, 'ownAddress' | 'name'>): WireOtherDevice {
  return { address: ownAddress, ...(name !== undefined && { name }) }
}

/**
 * The Secondary's resource as the Primary's server updates it. [CR20] "Upon Twinning activation or after a
 * Twinning relationship Toggle On": then there are new credentials; none, and those that it has stay. While
 * Off it has none [ours].
 */
export function toldByPrimary(
  secondary: WireTwinning,
  primary: WireTwinning,
  credentials: Credentials | undefined,
): WireTwinning {
  const { twinningStatus } = primary
  const told = {
    ...without(secondary, 'activationCode'),
    twinningStatus,
    otherDevice: asOtherDevice(primary),
  }
  return twinningStatus === 'On' ? { ...told, ...credentials } : withoutCredentials(told)
}

/** The Primary's resource as the Secondary's server updates it [ours]. */
export function toldBySecondary(primary: WireTwinning, secondary: WireTwinning): WireTwinning {
  return { ...primary, twinningStatus: secondary.twinningStatus, otherDevice: asOtherDevice(secondary) }
}

/** An end's resource with what goes with its status, as far as its own server knows it. */
export function settled(
  twinning: WireTwinning,
  { vmAddressOn, voicemailAddress }: { vmAddressOn: WireRole; voicemailAddress: string },
): WireTwinning {
  if (twinning.role === 'Secondary') {
    return twinning.twinningStatus === 'On' ? twinning : withoutCredentials(twinning)
  }
  const shows = twinning.twinningStatus === 'On' && vmAddressOn === 'Primary'
  return {
    ...without(twinning, 'primaryDeviceVMAddress', 'authCode'),
    ...(shows && { primaryDeviceVMAddress: voicemailAddress }),
  }
}

/** A Secondary as it was before it was activated. */
export function deactivated(secondary: WireTwinning): WireTwinning {
  return { ...withoutCredentials(without(secondary, 'otherDevice')), twinningStatus: 'Pending' }
}

function withoutCredentials(twinning: WireTwinning): WireTwinning {
  return without(twinning, 'authCode', 'primaryDeviceVMAddress')
}
