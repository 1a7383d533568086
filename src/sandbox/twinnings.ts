// [CR20] The life of the Twinning resources of one operator, after activation (activation.ts).
import type { WireTwinning } from '../oma/wire.ts'
import type { Codes } from './codes.ts'
import { changedByCounterpart, changedByDevice, extrasOf } from './elements.ts'
import type { Elements } from './elements.ts'
import type { OAuth } from './oauth.ts'
import type { Peers } from './peers.ts'
import { forbidden, invalidInput, serviceError } from './refusal.ts'
import { settled, toldByPrimary, toldBySecondary } from './relationship.ts'
import type { Credentials } from './relationship.ts'
import type { Settings } from './settings.ts'
import type { Resource, Store } from './store.ts'

/** What the parts of one operator share. */
export type Operation = {
  readonly id: string
  readonly serverRoot: string
  /**
   * [CR20] "The Primary device's Voice Mail retrieval access address", one for all subscribers of a sandbox
   * operator.
   */
  readonly voicemailAddress: string
  readonly settings: Settings
  readonly store: Store
  readonly codes: Codes
  readonly oauth: OAuth
  readonly peers: Peers
}

/** An operator as the owner of a relationship's other end. */
export type Party = { readonly id: string; readonly serverRoot: string }

/** A resource as it is read. */
export type View = { readonly twinning: WireTwinning & Elements; readonly etag: string }

export type Twinnings = {
  readonly view: (resource: Resource) => View
  /** The device's own change; carried over to the other end, or not made at all. @throws Refusal */
  readonly change: (resource: Resource, elements: Elements) => Promise<Resource>
  /** A change that the other end's server makes. @throws Refusal */
  readonly accept: (resource: Resource, elements: Elements, by: Party) => Promise<Resource>
  /** resourceURL of the other end, where it is (or is about to be) that party's. */
  readonly counterpartOf: (resource: Resource, party: Party) => string | undefined
  /** Ends the relationship at both ends [ours]. @throws Refusal */
  readonly remove: (resource: Resource) => Promise<void>
  /** The other end is gone already. */
  readonly drop: (resource: Resource) => void
  /** Changes the other end, at this operator or another. */
  readonly updateOther: (
    resourceURL: string,
    change: (twinning: WireTwinning) => WireTwinning,
  ) => Promise<void>
  /** New credentials for the Secondary of a Primary's twinning. */
  readonly credentialsFrom: (primaryId: string) => Credentials
}

export function createTwinnings(operation: Operation): Twinnings {
  const { serverRoot, voicemailAddress, settings, store, codes, oauth, peers } = operation

  function view(resource: Resource): View {
    const pending = resource.twinning.twinningStatus === 'Pending'
    const activationCode = pending ? codes.shownFor(resource.id) : undefined
    const code = activationCode === undefined ? {} : { activationCode }
    return {
      twinning: { ...resource.extras, ...resource.twinning, ...code },
      etag: store.etagOf(resource, activationCode),
    }
  }

  async function change(resource: Resource, elements: Elements): Promise<Resource> {
    const before = resource.twinning
    const asked = changedByDevice(view(resource).twinning, elements)
    // A seeded twinning has no other end that could give back what Off takes away.
    const twinning = resource.counterpart === undefined ? asked : settle(asked)
    const saved = store.save({ ...resource, twinning, extras: extrasOf(elements) })
    if (before.twinningStatus === twinning.twinningStatus && before.name === twinning.name) return saved
    await tellOrUndo(resource, saved)
    return store.find(saved.id) ?? saved
  }

  async function accept(resource: Resource, elements: Elements, by: Party): Promise<Resource> {
    const counterpart = counterpartOf(resource, by)
    if (counterpart === undefined) throw forbidden('not-the-counterpart')
    const twinning = settle(changedByCounterpart(resource.twinning, elements))
    const saved = store.save({ ...resource, twinning, counterpart })
    codes.spend(saved.id)
    const turned = resource.twinning.twinningStatus !== twinning.twinningStatus
    // [CR20] "after a Twinning relationship Toggle On" by the Secondary, it is the Primary's server that has
    // the credentials.
    if (turned && twinning.role === 'Primary') await tellOrUndo(resource, saved)
    return saved
  }

  function counterpartOf({ id, counterpart }: Resource, party: Party): string | undefined {
    if (counterpart !== undefined)
      return counterpart.startsWith(`${party.serverRoot}/`) ? counterpart : undefined
    const reservation = codes.reservationFor(id)
    return reservation?.by === party.id ? reservation.counterpart : undefined
  }

  async function tellOrUndo(before: Resource, after: Resource): Promise<void> {
    try {
      await tellOther(after, before.twinning.twinningStatus !== after.twinning.twinningStatus)
    } catch {
      if (store.find(after.id)) store.save(before)
      throw serviceError(503, 'counterpart-unreachable')
    }
  }

  async function tellOther({ id, twinning, counterpart }: Resource, turned: boolean): Promise<void> {
    if (counterpart === undefined) return
    if (twinning.role === 'Secondary') {
      await updateOther(counterpart, (primary) => toldBySecondary(primary, twinning))
      return
    }
    const credentials = turned && twinning.twinningStatus === 'On' ? credentialsFrom(id) : undefined
    await updateOther(counterpart, (secondary) => toldByPrimary(secondary, twinning, credentials))
    if (twinning.twinningStatus === 'Off') oauth.revokeAuthCode(id)
  }

  async function updateOther(url: string, change: (twinning: WireTwinning) => WireTwinning): Promise<void> {
    if (!isOurs(url)) return peers.update(url, change)
    const resource = store.find(idIn(url))
    if (!resource) throw invalidInput('twinningId', 404)
    await accept(resource, change(resource.twinning), operation)
  }

  async function remove(resource: Resource): Promise<void> {
    const { counterpart } = resource
    try {
      if (counterpart !== undefined && !isOurs(counterpart)) await peers.remove(counterpart)
    } catch {
      throw serviceError(503, 'counterpart-unreachable')
    }
    drop(resource)
    const other =
      counterpart === undefined || !isOurs(counterpart) ? undefined : store.find(idIn(counterpart))
    if (other) drop(other)
  }

  function drop({ id }: Resource): void {
    oauth.revokeAuthCode(id)
    codes.spend(id)
    store.remove(id)
  }

  function credentialsFrom(primaryId: string): Credentials {
    const authCode = oauth.issueAuthCode(primaryId)
    return {
      authCode,
      ...(settings.vmAddressOn === 'Secondary' && { primaryDeviceVMAddress: voicemailAddress }),
    }
  }

  const settle = (twinning: WireTwinning): WireTwinning =>
    settled(twinning, { vmAddressOn: settings.vmAddressOn, voicemailAddress })
  const isOurs = (url: string): boolean => url.startsWith(`${serverRoot}/`)

  return { view, change, accept, counterpartOf, remove, drop, updateOther, credentialsFrom }
}

function idIn(resourceURL: string): string {
  return resourceURL.slice(resourceURL.lastIndexOf('/') + 1)
}
