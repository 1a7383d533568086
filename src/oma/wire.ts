// The shapes that cross the wire, in OMA's own words. Sources:
// - [CR20] OMA-TS-REST_NetAPI_Twinning-V1_0-20150305-D_CR20, Change 1: the Twinning data structure;
// - [Common] OMA-TS-REST_NetAPI_Common-V1_0: lists, bodies, faults;
// - [ours]: where both are silent.
// Everything is `string` where the wire may carry anything: what is allowed is the decoder's business.

/** [CR20] "The role ("Primary" or "Secondary") of this Twinning device". */
export type WireRole = 'Primary' | 'Secondary'

/** [CR20] "The status of the Twinning relationship". */
export type WireStatus = 'Pending' | 'On' | 'Off'

/** [ours] The other device of a relationship; [CR20] 5.3.2.7 names it but leaves its fields open. */
export type WireOtherDevice = {
  /** anyURI: `tel:`, `sip:`, `sips:` or `acr:`. */
  address: string
  name?: string
}

/** [CR20] Change 1: Type Twinning. */
export type WireTwinning = {
  role: WireRole
  name?: string
  otherDevice?: WireOtherDevice
  activationCode?: string
  twinningStatus: WireStatus
  authCode?: string
  primaryDeviceVMAddress?: string
  ownAddress: string
  resourceURL: string
}

/** Body of POST: what a device may say of a twinning that does not exist yet. */
export type WireNewTwinning = Partial<Pick<WireTwinning, 'role' | 'name' | 'activationCode'>>

/** [Common] JSON bodies wrap the structure in its element's name. */
export type WireTwinningBody = { twinning: WireTwinning }

/** [ours] A list with one member may arrive as an object; with none, the element may be absent. */
export type WireTwinningListBody = {
  twinningList: { twinning?: WireTwinning[] | WireTwinning; resourceURL: string }
}

/** [Common] serviceException (SVCnnnn) or policyException (POLnnnn); `%1` in text stands for variables[0]. */
export type WireException = { messageId: string; text: string; variables?: string[] | string }

/** [Common] The body of a 4xx or 5xx. */
export type WireRequestError = {
  requestError: { serviceException: WireException } | { policyException: WireException }
}

/** [ours, in OMA's form] What an operator POSTs to the gateway when twinnings have changed. */
export type WireNotification = {
  twinningNotification: { callbackData?: string; link: { rel: 'Twinning'; href: string }[] }
}

/** Namespace of the elements in XML ([Common], as this project reads it). */
export const twinningNamespace = 'urn:oma:xml:rest:netapi:twinning:1'
