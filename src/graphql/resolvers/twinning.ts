import { maskAddress, parseAddress, type DeviceAddress } from '../../domain/address.ts'
import type { VisibleTwinning } from '../../twinnings/visible.ts'
import type { Context } from '../context.ts'
import type {
  OtherDeviceResolvers,
  PrimaryTwinningResolvers,
  SecondaryTwinningResolvers,
  TwinningResolvers,
} from '../generated.ts'

/** The interface: which type a twinning has, and references by the interface's name. */
export const Twinning: TwinningResolvers = {
  __resolveType: typeOf,
  __resolveReference: async ({ id }, { reader }) => (await reader.twinning(id)) ?? null,
}

const shared = {
  id: ({ twinning }: VisibleTwinning, _: object, { sealer }: Context) => sealer.sealRef(twinning.ref),
  role: ({ twinning }: VisibleTwinning) => twinning.role,
  name: ({ twinning, sight }: VisibleTwinning) => (sight === 'full' ? (twinning.name ?? null) : null),
  twinningStatus: ({ twinning }: VisibleTwinning) => twinning.twinningStatus,
  otherDevice: ({ twinning: { otherDevice }, sight }: VisibleTwinning) =>
    otherDevice ? { otherDevice, sight } : null,
  ownAddress: ({ twinning, sight }: VisibleTwinning) => shown(twinning.ownAddress, sight),
  ownDevice: ({ twinning, sight }: VisibleTwinning) => ({ address: twinning.ownAddress, sight }),
  resourceURL: ({ twinning, sight }: VisibleTwinning) =>
    sight === 'full' ? twinning.resourceURL : maskUrl(twinning.resourceURL),
}

export const PrimaryTwinning: PrimaryTwinningResolvers = {
  ...shared,
  __resolveReference: ({ id }, { reader }) => ofRole('PRIMARY', reader.twinning(id)),
}

export const SecondaryTwinning: SecondaryTwinningResolvers = {
  ...shared,
  activationCode: async (visible, _, { reader }) => {
    const { activationCode } = await reader.codes(visible)
    // Once used it says nothing any more, whether or not the operator has taken it away.
    return visible.twinning.twinningStatus === 'PENDING' ? (activationCode ?? null) : null
  },
  authCode: async (visible, _, { reader }) => (await reader.codes(visible)).authCode ?? null,
  voicemailAccess: async (visible, _, { reader }) => {
    const address = await reader.voicemail(visible)
    return address ? { address } : null
  },
  __resolveReference: ({ id }, { reader }) => ofRole('SECONDARY', reader.twinning(id)),
}

export const OtherDevice: OtherDeviceResolvers = {
  address: ({ otherDevice, sight }) => shown(otherDevice.address, sight),
  name: ({ otherDevice, sight }) => (sight === 'full' ? (otherDevice.name ?? null) : null),
  device: ({ otherDevice, sight }) => ({ address: otherDevice.address, sight }),
}

/** An address as the caller may see it. */
export function shown(address: DeviceAddress, sight: VisibleTwinning['sight']): string {
  return sight === 'full' ? address : maskAddress(address)
}

function typeOf({ twinning }: VisibleTwinning) {
  return twinning.role === 'PRIMARY' ? ('PrimaryTwinning' as const) : ('SecondaryTwinning' as const)
}

/** Whoever refers to a Secondary as a Primary refers to nothing. */
async function ofRole(role: 'PRIMARY' | 'SECONDARY', reading: Promise<VisibleTwinning | undefined>) {
  const visible = await reading
  return visible?.twinning.role === role ? visible : null
}

/** Addresses stand in a resourceURL as whole path segments. */
function maskUrl(resourceURL: string): string {
  const url = new URL(resourceURL)
  const segments = url.pathname.split('/').map((segment) => {
    const address = parseAddress(decodeURIComponent(segment))
    return address ? encodeURIComponent(maskAddress(address)) : segment
  })
  return url.origin + segments.join('/')
}
