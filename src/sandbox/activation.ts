// [CR20] How a relationship begins: the Secondary gets a code, the Primary hands it in, the Primary's server
// tells the Secondary's.
import type { WireTwinning } from '../oma/wire.ts'
import { canonicalAddress } from './address.ts'
import type { Reservation } from './codes.ts'
import type { NewTwinning } from './elements.ts'
import type { Claim, Claimant } from './peers.ts'
import { forbidden, invalidInput, serviceError } from './refusal.ts'
import { deactivated, settled, toldByPrimary } from './relationship.ts'
import type { Resource } from './store.ts'
import type { Operation, Party, Twinnings } from './twinnings.ts'

/** A code reserved here, for the operator that asked. */
export type Reserved = { readonly reservation: Reservation; readonly secondary: WireTwinning }

export type Activation = {
  /** Makes the resource of a Secondary, or activates that of a Primary. @throws Refusal */
  readonly create: (ownAddress: string, twinning: NewTwinning) => Promise<Resource>
  /**
   * Takes a code for a Primary. @throws Refusal where it is unknown, used or expired, or the Primary is its
   * own device
   */
  readonly reserve: (activationCode: string, primary: Claimant, party: Party) => Reserved
  /** Gives a reserved code back, and undoes what was made of it. */
  readonly release: (reservation: Reservation) => void
}

type ActivationOptions = {
  operation: Operation
  twinnings: Twinnings
  urlOf: (ownAddress: string, id: string) => string
}

export function createActivation({ operation, twinnings, urlOf }: ActivationOptions): Activation {
  const { store, codes, oauth, peers, settings, voicemailAddress } = operation

  async function create(
    ownAddress: string,
    { role, name, activationCode, extras }: NewTwinning,
  ): Promise<Resource> {
    const id = store.newId()
    const own = { ...(name !== undefined && { name }), ownAddress, resourceURL: urlOf(ownAddress, id) }
    if (role === 'Primary') return activate({ id, code: activationCode, own, extras })
    codes.issue(id)
    return store.save({
      id,
      twinning: { role, ...own, twinningStatus: 'Pending' },
      extras,
      counterpart: undefined,
    })
  }

  async function activate({
    id,
    code,
    own,
    extras,
  }: {
    id: string
    code: string | undefined
    own: Pick<WireTwinning, 'name' | 'ownAddress' | 'resourceURL'>
    extras: Resource['extras']
  }): Promise<Resource> {
    if (code === undefined) throw invalidInput('activationCode')
    const { ownAddress: address, ...named } = own
    const claim = await claimCode(code, { address, ...named })
    const { resourceURL: counterpart, ownAddress, name } = claim
    const primary: WireTwinning = {
      role: 'Primary',
      ...own,
      twinningStatus: 'On',
      otherDevice: { address: ownAddress, ...(name !== undefined && { name }) },
    }
    await tellSecondary(id, primary, claim)
    // Only now: until the Secondary knows of it, there is no relationship that anybody could see, or that
    // would need undoing.
    const twinning = settled(primary, { vmAddressOn: settings.vmAddressOn, voicemailAddress })
    return store.save({ id, twinning, extras, counterpart })
  }

  async function tellSecondary(id: string, primary: WireTwinning, claim: Claim): Promise<void> {
    const credentials = twinnings.credentialsFrom(id)
    try {
      await twinnings.updateOther(claim.resourceURL, (secondary) =>
        toldByPrimary(secondary, primary, credentials),
      )
    } catch {
      oauth.revokeAuthCode(id)
      // Where this fails as well, the reservation lapses by itself.
      await claim.release().catch(() => undefined)
      throw serviceError(503, 'counterpart-unreachable')
    }
  }

  async function claimCode(code: string, primary: Claimant): Promise<Claim> {
    if (codes.twinningOf(code) !== undefined) return claimHere(code, primary)
    const claim = await peers.claim(code, primary).catch(() => {
      throw serviceError(503, 'counterpart-unreachable')
    })
    if (!claim) throw invalidInput('activationCode')
    return claim
  }

  function claimHere(code: string, primary: Claimant): Claim {
    const { reservation, secondary } = reserve(code, primary, operation)
    const { resourceURL, ownAddress, name } = secondary
    const release = (): Promise<void> => {
      releaseHere(reservation)
      return Promise.resolve()
    }
    return { resourceURL, ownAddress, ...(name !== undefined && { name }), release }
  }

  function reserve(
    code: string,
    { address, resourceURL }: Claimant,
    { id: by, serverRoot }: Party,
  ): Reserved {
    const secondary = store.find(codes.twinningOf(code) ?? '')?.twinning
    if (secondary?.twinningStatus !== 'Pending') throw invalidInput('activationCode')
    if (secondary.ownAddress === canonicalAddress(address)) throw forbidden('twinning-with-itself')
    if (!resourceURL.startsWith(`${serverRoot}/`)) throw invalidInput('primary.resourceURL')
    const reservation = codes.reserve(code, by, resourceURL)
    if (!reservation) throw invalidInput('activationCode')
    return { reservation, secondary }
  }

  function releaseHere(reservation: Reservation): void {
    codes.release(reservation)
    const secondary = store.find(reservation.twinningId)
    if (secondary?.counterpart !== reservation.counterpart) return
    store.save({ ...secondary, twinning: deactivated(secondary.twinning), counterpart: undefined })
  }

  return { create, reserve, release: releaseHere }
}
