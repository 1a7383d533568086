import type { GraphQLResolveInfo } from 'graphql'
import { maskAddress, parseAddress, type DeviceAddress } from '../../domain/address.ts'
import type { VisibleTwinning } from '../../twinnings/visible.ts'
import type { Context } from '../context.ts'
import type {
  OtherDeviceResolvers,
  PrimaryTwinningResolvers,
  SecondaryTwinningResolvers,
  TwinningResolvers,
} from '../generated.ts'

export type TwinningType = 'PrimaryTwinning' | 'SecondaryTwinning'

/** The interface: which type a twinning has, and references by the interface's name. */
export const Twinning: TwinningResolvers = {
  __resolveType: typeOf,
  __resolveReference: ({ id }, context, info) => readTwinning(id, context, info),
}

const shared = {
  id: ({ twinning }: VisibleTwinning, _: object, { sealer }: Context) => sealer.sealRef(twinning.ref),
  role: ({ twinning }: VisibleTwinning) => twinning.role,
  name: ({ twinning, sight }: VisibleTwinning) => (sight === 'full' ? (twinning.name ?? null) : null),
  twinningStatus: ({ twinning }: VisibleTwinning) => twinning.twinningStatus,
  otherDevice: ({ twinning: { otherDevice }, sight }: VisibleTwinning, _: object, { budget }: Context) => {
    budget.spend(1)
    return otherDevice ? { otherDevice, sight } : null
  },
  ownAddress: ({ twinning, sight }: VisibleTwinning) => shown(twinning.ownAddress, sight),
  ownDevice: ({ twinning, sight }: VisibleTwinning, _: object, { budget }: Context) => {
    budget.spend(1)
    return { address: twinning.ownAddress, sight }
  },
  resourceURL: ({ twinning, sight }: VisibleTwinning) =>
    sight === 'full' ? twinning.resourceURL : maskUrl(twinning),
}

export const PrimaryTwinning: PrimaryTwinningResolvers = {
  ...shared,
  __resolveReference: ({ id }, context, info) => ofType('PrimaryTwinning', readTwinning(id, context, info)),
}

export const SecondaryTwinning: SecondaryTwinningResolvers = {
  ...shared,
  activationCode: async (visible, _, { reader, caching }) => {
    caching.never()
    return (await reader.activationCode(visible)) ?? null
  },
  authCode: async (visible, _, { reader, caching }) => {
    caching.never()
    return (await reader.authCode(visible)) ?? null
  },
  voicemailAccess: async (visible, _, { reader, caching }, info) => {
    const { otherDevice } = visible.twinning
    // The Primary's own twinning may be where the address is known from.
    if (otherDevice) caching.tagDevice(info, otherDevice.address)
    const address = await reader.voicemail(visible)
    return address ? { address } : null
  },
  __resolveReference: ({ id }, context, info) => ofType('SecondaryTwinning', readTwinning(id, context, info)),
}

export const OtherDevice: OtherDeviceResolvers = {
  address: ({ otherDevice, sight }) => shown(otherDevice.address, sight),
  name: ({ otherDevice, sight }) => (sight === 'full' ? (otherDevice.name ?? null) : null),
  device: ({ otherDevice, sight }, _, { budget }) => {
    budget.spend(1)
    return { address: otherDevice.address, sight }
  },
}

/** An address as the caller may see it. */
export function shown(address: DeviceAddress, sight: VisibleTwinning['sight']): string {
  return sight === 'full' ? address : maskAddress(address)
}

/** The type that a twinning has in an answer. */
export function typeOf({ twinning }: VisibleTwinning): TwinningType {
  return twinning.role === 'PRIMARY' ? 'PrimaryTwinning' : 'SecondaryTwinning'
}

/** By its id. A representation is no input type: whatever JSON may hold can stand in it, and only a text is an id. */
export async function readTwinning(
  id: unknown,
  { reader, caching }: Context,
  info: GraphQLResolveInfo,
): Promise<VisibleTwinning | null> {
  const visible = typeof id === 'string' ? await reader.twinning(id) : undefined
  if (visible) caching.tagTwinning(info, visible)
  return visible ?? null
}

/** Whoever refers to a Secondary as a Primary refers to nothing. */
async function ofType(type: TwinningType, reading: Promise<VisibleTwinning | null>) {
  const visible = await reading
  return visible && typeOf(visible) === type ? visible : null
}

/**
 * Addresses stand in a resourceURL as path segments, in whatever spelling the operator likes: one that is an address is
 * masked as such; one that holds an address of this twinning in some other way, or can't be read, is not shown at all.
 */
function maskUrl({ resourceURL, ref, ownAddress, otherDevice }: VisibleTwinning['twinning']): string {
  const known = [ref.device, ownAddress, otherDevice?.address].flatMap((address) => numberOf(address) ?? [])
  const url = new URL(resourceURL)
  const segments = url.pathname.split('/').map((segment) => {
    const text = decoded(segment)
    const address = text === undefined ? undefined : parseAddress(text.trim())
    if (address) return encodeURIComponent(maskAddress(address))
    const isReadable = text !== undefined && !known.some((part) => bare(text).includes(part))
    return isReadable ? segment : '*****'
  })
  return url.origin + segments.join('/')
}

/** What of an address tells whose it is, without what a path may lack: a scheme, a country's prefix, a host. */
function numberOf(address: DeviceAddress | undefined): string | undefined {
  const [, own = ''] = /^[a-z]+:[;@]*([^;@]+)/.exec(address ?? '') ?? []
  const number = bare(decoded(own) ?? own)
  return (/^[\d*#]+$/.test(number) ? number.slice(-7) : number) || undefined
}

function bare(text: string): string {
  return text.replace(/[-+_.() ]/g, '').toLowerCase()
}

/** Undoes escapes of escapes too; `undefined` for what can't be read, or has no end. */
function decoded(segment: string, rounds = 5): string | undefined {
  try {
    const text = decodeURIComponent(segment)
    if (text === segment) return text
    return rounds > 0 ? decoded(text, rounds - 1) : undefined
  } catch {
    return undefined
  }
}
