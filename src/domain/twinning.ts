import type { DeviceAddress } from './address.ts'

export type TwinningRole = 'PRIMARY' | 'SECONDARY'
export type TwinningStatus = 'PENDING' | 'ON' | 'OFF'

/** Where a twinning lives: the operator that serves its device, the device, and the operator's own id of it. */
export type TwinningRef = {
  readonly operatorId: string
  readonly device: DeviceAddress
  readonly twinningId: string
}

/** What is for the Secondary device itself. Lives in this process's memory only. */
export type TwinningCodes = { readonly activationCode?: string; readonly authCode?: string }

export type OtherDevice = { readonly address: DeviceAddress; readonly name?: string }

/** A pairing of two devices, seen from one of them. */
export type Twinning = {
  readonly ref: TwinningRef
  readonly role: TwinningRole
  readonly name?: string
  readonly twinningStatus: TwinningStatus
  readonly otherDevice?: OtherDevice
  readonly ownAddress: DeviceAddress
  readonly resourceURL: string
  /** The element primaryDeviceVMAddress of *this* resource, where it is an address that may be shown. */
  readonly voicemailAddress?: DeviceAddress
  /** Absent where they are not known (an entry that came out of Redis), as against known to be none (`{}`). */
  readonly codes?: TwinningCodes
}

/** What is said of a twinning that is to be made. */
export type NewTwinning = {
  readonly role: TwinningRole
  readonly name?: string
  readonly activationCode?: string
}

/** What is to be changed of a twinning; what is absent stays. */
export type TwinningChange = { readonly twinningStatus?: 'ON' | 'OFF'; readonly name?: string }

/** All twinnings of one device, in the operator's order. */
export type DeviceTwinnings = {
  readonly twinnings: readonly Twinning[]
  /** What could not be read of the operator's list, said so that it can be put right. */
  readonly leftOut: readonly LeftOut[]
}

/** One member of a list that could not be decoded. */
export type LeftOut = { readonly twinningId?: string; readonly problem: string }
