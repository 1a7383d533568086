import { allowed, type Principal } from '../auth/policy.ts'
import { maskAddressesIn, type DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { LeftOut, TwinningCodes } from '../domain/twinning.ts'
import { Forbidden, UpstreamRefusal } from '../errors.ts'
import type { Loaders } from './loaders.ts'
import { countTwinnings, type Statistics } from './statistics.ts'
import { sightOf, type Sight, type VisibleTwinning } from './visible.ts'
import { findVoicemail } from './voicemail.ts'

/** What a caller reads: each function checks the right first, and only then loads. */
export type Reader = {
  /** `undefined` for what is no id, what is not there, and what the caller may not read. */
  readonly twinning: (id: string) => Promise<VisibleTwinning | undefined>
  /** Throws Forbidden, whether or not the device exists. */
  readonly twinningsOf: (
    device: DeviceAddress,
  ) => Promise<{ twinnings: VisibleTwinning[]; leftOut: readonly LeftOut[] }>
  /** Where the Primary's voice mail is retrieved. Throws Forbidden, whatever the twinning's status is. */
  readonly voicemail: (visible: VisibleTwinning) => Promise<DeviceAddress | undefined>
  /** Only while the twinning is PENDING. Throws Forbidden for everybody but the device itself. */
  readonly activationCode: (visible: VisibleTwinning) => Promise<string | undefined>
  /** Throws Forbidden for everybody but the device itself. */
  readonly authCode: (visible: VisibleTwinning) => Promise<string | undefined>
  /** The right to count is the schema's to check, by its directive. */
  readonly statistics: (devices: readonly DeviceAddress[]) => Promise<Statistics>
  /** True if the caller may read something of the device's twinnings. */
  readonly mayRead: (device: DeviceAddress) => boolean
  /** Forgets what has been read, so that what is read next is what there is then. */
  readonly forget: () => void
}

/** The reader of one request. */
export function createReader({
  principal,
  loaders,
  sealer,
}: {
  principal: Principal
  loaders: Loaders
  sealer: Sealer
}): Reader {
  function checkCodes({ twinning, sight }: VisibleTwinning): void {
    // What only twinning:analytics opens keeps its codes, even on the device's own token.
    if (sight === 'masked' || !allowed(principal, 'codes', twinning.ref.device))
      throw new Forbidden('activationCode and authCode are for the device itself')
  }

  async function codesOf({ twinning }: VisibleTwinning): Promise<TwinningCodes> {
    return twinning.codes ?? (await loaders.twinningWithCodes(twinning.ref))?.codes ?? {}
  }

  return {
    twinning: async (id) => {
      const ref = sealer.openRef(id)
      const sight = ref && sightOf(principal, ref.device)
      if (!sight) return undefined
      const twinning = await seen(sight, loaders.twinning(ref))
      return twinning && { twinning, sight }
    },
    twinningsOf: async (device) => {
      const sight = sightOf(principal, device)
      if (!sight) throw new Forbidden("the access token does not allow reading this device's twinnings")
      const { twinnings, leftOut } = await seen(sight, loaders.twinningsOf(device))
      return { twinnings: twinnings.map((twinning) => ({ twinning, sight })), leftOut }
    },
    voicemail: ({ twinning }) => {
      if (!allowed(principal, 'voicemail', twinning.ref.device))
        throw new Forbidden('the access token does not allow reading voicemailAccess here')
      return findVoicemail(twinning, loaders)
    },
    activationCode: async (visible) => {
      checkCodes(visible)
      // Once used it says nothing any more, whether or not the operator has taken it away.
      if (visible.twinning.twinningStatus !== 'PENDING') return undefined
      return (await codesOf(visible)).activationCode
    },
    authCode: async (visible) => {
      checkCodes(visible)
      return (await codesOf(visible)).authCode
    },
    statistics: (devices) => countTwinnings(devices, loaders),
    mayRead: (device) => sightOf(principal, device) !== undefined,
    forget: loaders.forget,
  }
}

/** What an operator says of its refusal may name the device, which a masked twinning must not. */
async function seen<T>(sight: Sight, loading: Promise<T>): Promise<T> {
  try {
    return await loading
  } catch (error) {
    if (sight === 'full' || !(error instanceof UpstreamRefusal) || !error.fault) throw error
    const { operator, code, httpStatus, retryAfterS } = error
    const fault = { ...error.fault, text: maskAddressesIn(error.fault.text) }
    throw new UpstreamRefusal({ operator, code, httpStatus, retryAfterS, fault })
  }
}
