import { allowed, type Principal } from '../auth/policy.ts'
import type { Changes } from '../changes.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { NewTwinning, Twinning, TwinningChange, TwinningRef } from '../domain/twinning.ts'
import { Forbidden, UpstreamRefusal } from '../errors.ts'
import type { Caller } from '../upstream/exchange.ts'
import type { Operators } from '../upstream/operators.ts'
import { createConsequences } from './consequences.ts'
import { createCreator } from './creator.ts'
import type { Idempotency } from './idempotency.ts'
import { checkedActivationCode, checkedName } from './input.ts'
import type { Loaders } from './loaders.ts'
import { notFound, Refused, refusing } from './refusal.ts'

type NewTwinningInput = {
  readonly deviceAddress?: DeviceAddress | null | undefined
  readonly name?: string | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

/**
 * What a caller changes: check the right, ask the operator, drop what was cached of the devices concerned, answer. All
 * throw Refused for what a person can put right, Forbidden, and what the operator's client throws.
 */
export type Writer = {
  readonly request: (input: NewTwinningInput) => Promise<Twinning>
  readonly activate: (input: NewTwinningInput & { readonly activationCode: string }) => Promise<Twinning>
  readonly setStatus: (id: string, status: 'ON' | 'OFF') => Promise<Twinning>
  readonly rename: (id: string, name: string) => Promise<Twinning>
  readonly remove: (id: string) => Promise<void>
}

/** The writer of one request. */
export function createWriter({
  principal,
  caller,
  operators,
  loaders,
  sealer,
  changes,
  idempotency,
}: {
  principal: Principal
  caller: Caller
  operators: Operators
  loaders: Loaders
  sealer: Sealer
  changes: Changes
  idempotency: Idempotency
}): Writer {
  const consequences = createConsequences({ operators, loaders, changes })
  const { changed, written } = consequences
  const create = createCreator({
    principal,
    caller,
    operators,
    loaders,
    sealer,
    consequences,
    idempotency,
  })

  /** The device that a new twinning is for. */
  function target(deviceAddress: DeviceAddress | null | undefined): DeviceAddress {
    const device = deviceAddress ?? principal.address
    if (device === undefined)
      throw new Refused({
        code: 'INVALID_INPUT',
        message: 'deviceAddress is needed, as the access token was not issued to a device',
        field: ['input', 'deviceAddress'],
      })
    if (!allowed(principal, 'write', device))
      throw new Forbidden("the access token does not allow changing this device's twinnings")
    if (!loaders.isServed(device))
      throw new Refused({
        code: 'INVALID_INPUT',
        message: 'no operator serves this device address',
        field: ['input', 'deviceAddress'],
      })
    return device
  }

  /** The twinning to change. Somebody else's is as good as none; one's own without the scope is forbidden. */
  function existing(id: string): TwinningRef {
    const ref = sealer.openRef(id)
    if (!ref || operators.find(ref.device)?.id !== ref.operatorId) throw new Refused(notFound)
    if (allowed(principal, 'write', ref.device)) return ref
    if (ref.device === principal.address)
      throw new Forbidden('the access token does not allow changing twinnings')
    throw new Refused(notFound)
  }

  /** Read, change one element, write back whole: nothing of what is not known here is lost. */
  async function edit(
    operation: 'set status' | 'rename',
    id: string,
    changeOf: (twinning: Twinning) => TwinningChange | undefined,
  ): Promise<Twinning> {
    const ref = existing(id)
    const { client } = operators.route(ref.device)
    const once = async (): Promise<Twinning> => {
      const editable = await client.editTwinning(ref, caller)
      const change = editable && changeOf(editable.twinning)
      if (!change) {
        // What was just read is newer than what is cached, and the caller is about to be told of it.
        await changed([], ref)
        if (!editable) throw new Refused(notFound)
        return editable.twinning
      }
      const place = { ...ref, other: editable.twinning.otherDevice?.address }
      const twinning = await written(place, () => client.replaceTwinning(editable, change, caller))
      await changed([{ kind: 'UPDATED', ref }], place)
      return twinning
    }
    return refusing(operation, async () => {
      try {
        return await once()
      } catch (error) {
        // Somebody changed it between our read and our write: what they wrote is read, and ours put on top of it.
        if (error instanceof UpstreamRefusal && error.httpStatus === 412) return await once()
        throw error
      }
    })
  }

  return {
    request: async ({ deviceAddress, name, idempotencyKey }) => {
      const device = target(deviceAddress)
      const wanted: NewTwinning = { role: 'SECONDARY', ...(name != null && { name: checkedName(name) }) }
      return create('request', device, wanted, idempotencyKey)
    },
    activate: async ({ deviceAddress, name, activationCode, idempotencyKey }) => {
      const device = target(deviceAddress)
      const wanted: NewTwinning = {
        role: 'PRIMARY',
        activationCode: checkedActivationCode(activationCode),
        ...(name != null && { name: checkedName(name) }),
      }
      return create('activate', device, wanted, idempotencyKey)
    },
    setStatus: (id, status) =>
      edit('set status', id, (twinning) => {
        if (twinning.twinningStatus === 'PENDING')
          throw new Refused({
            code: 'INVALID_STATUS_TRANSITION',
            message: 'a twinning that is PENDING turns ON by activation on the Primary device',
            field: ['input', 'twinningStatus'],
          })
        return twinning.twinningStatus === status ? undefined : { twinningStatus: status }
      }),
    rename: async (id, name) => {
      const newName = checkedName(name)
      return edit('rename', id, () => ({ name: newName }))
    },
    remove: async (id) => {
      const ref = existing(id)
      const { client } = operators.route(ref.device)
      const place = { ...ref, other: (await loaders.known(ref))?.otherDevice?.address }
      await refusing('delete', () => written(place, () => client.deleteTwinning(ref, caller)))
      await changed([{ kind: 'DELETED', ref }], place)
    },
  }
}
