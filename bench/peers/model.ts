// What the peers have in common: the part of the gateway's schema that is measured, and how an operator's twinning becomes
// one of it. Their ids are plain.

export type Twinning = {
  readonly __typename: 'PrimaryTwinning' | 'SecondaryTwinning'
  readonly id: string
  readonly role: string
  readonly name: string | null
  readonly twinningStatus: string
  readonly ownAddress: string
  readonly otherDevice: { readonly address: string; readonly name?: string } | null
  readonly voicemailAccess: { readonly address: string } | null
}

export type Wire = {
  readonly role: string
  readonly name?: string
  readonly twinningStatus: string
  readonly ownAddress: string
  readonly otherDevice?: { readonly address: string; readonly name?: string }
  readonly primaryDeviceVMAddress?: string
  readonly resourceURL: string
}

export const typeDefs = /* GraphQL */ `
  scalar DeviceAddress
  enum TwinningRole {
    PRIMARY
    SECONDARY
  }
  enum TwinningStatus {
    PENDING
    ON
    OFF
  }
  type OtherDevice {
    address: DeviceAddress!
    name: String
  }
  type VoicemailAccess {
    address: DeviceAddress!
  }
  interface Twinning {
    id: ID!
    role: TwinningRole!
    name: String
    twinningStatus: TwinningStatus!
    ownAddress: DeviceAddress!
    otherDevice: OtherDevice
  }
  type PrimaryTwinning implements Twinning @key(fields: "id") {
    id: ID!
    role: TwinningRole!
    name: String
    twinningStatus: TwinningStatus!
    ownAddress: DeviceAddress!
    otherDevice: OtherDevice
  }
  type SecondaryTwinning implements Twinning @key(fields: "id") {
    id: ID!
    role: TwinningRole!
    name: String
    twinningStatus: TwinningStatus!
    ownAddress: DeviceAddress!
    otherDevice: OtherDevice
    voicemailAccess: VoicemailAccess
  }
  type TwinningConnection {
    nodes: [Twinning!]!
  }
  type Device @key(fields: "address") {
    address: DeviceAddress!
    twinnings(first: Int): TwinningConnection
  }
  type Query {
    twinning(id: ID!): Twinning
    twinningDevice(address: DeviceAddress): Device
  }
`

export const federation2 = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n`

/** Below the server root. */
export function pathOf(id: string): string {
  const at = id.lastIndexOf('|')
  return `twinning/v1/${encodeURIComponent(id.slice(0, at))}/twinnings/${encodeURIComponent(id.slice(at + 1))}`
}

export function listPathOf(address: string): string {
  return `twinning/v1/${encodeURIComponent(address)}/twinnings`
}

export function toTwinning(wire: Wire): Twinning {
  const voicemail = wire.twinningStatus === 'On' ? wire.primaryDeviceVMAddress : undefined
  return {
    __typename: wire.role === 'Primary' ? 'PrimaryTwinning' : 'SecondaryTwinning',
    id: `${wire.ownAddress}|${wire.resourceURL.slice(wire.resourceURL.lastIndexOf('/') + 1)}`,
    role: wire.role.toUpperCase(),
    name: wire.name ?? null,
    twinningStatus: wire.twinningStatus.toUpperCase(),
    ownAddress: wire.ownAddress,
    otherDevice: wire.otherDevice ?? null,
    voicemailAccess: voicemail === undefined ? null : { address: voicemail },
  }
}

export type OneBody = { readonly twinning: Wire }
export type ListBody = { readonly twinningList: { readonly twinning?: readonly Wire[] } }

/** Longer than any run, as the operator says of its answers. */
export const maxAgeS = 3600
