import { allowed, type Principal } from '../auth/policy.ts'
import type { Change, Changes } from '../changes.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Twinning, TwinningRef } from '../domain/twinning.ts'
import { Forbidden, UpstreamInvalidResponse, UpstreamRefusal } from '../errors.ts'
import { wireStatus } from '../oma/decode.ts'
import type { WireNewTwinning } from '../oma/wire.ts'
import type { Editable } from '../upstream/client.ts'
import type { Caller } from '../upstream/exchange.ts'
import type { Operators } from '../upstream/operators.ts'
import type { Idempotency, Outcome } from './idempotency.ts'
import { checkedActivationCode, checkedIdempotencyKey, checkedName } from './input.ts'
import type { Loaders } from './loaders.ts'
import { notFound, Refused, refusalOf } from './refusal.ts'

type NewTwinning = {
  readonly deviceAddress?: DeviceAddress | null | undefined
  readonly name?: string | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

/**
 * What a caller changes: check the right, ask the operator, drop what was cached of the devices concerned, answer. All
 * throw Refused for what a person can put right, Forbidden, and what the operator's client throws.
 */
export type Writer = {
  readonly request: (input: NewTwinning) => Promise<Twinning>
  readonly activate: (input: NewTwinning & { readonly activationCode: string }) => Promise<Twinning>
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

  async function changed(kind: Change['kind'], ref: TwinningRef, twinning?: Twinning): Promise<void> {
    const other = twinning?.otherDevice?.address
    const link = other && operators.find(other)
    await changes.announce([{ kind, ref }], link ? [{ operatorId: link.id, device: other }] : [])
    loaders.forget()
  }

  /** A write that failed may have been done all the same: what is cached of the device is in doubt. */
  async function written<T>(operatorId: string, device: DeviceAddress, write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (error) {
      await changes.announce([], [{ operatorId, device }])
      loaders.forget()
      throw error
    }
  }

  async function create(device: DeviceAddress, body: WireNewTwinning): Promise<Twinning> {
    const { client, id: operator } = operators.route(device)
    const twinning = await written(operator, device, () => client.createTwinning(device, body, caller))
    await changed('CREATED', twinning.ref, twinning)
    if (twinning.role !== (body.role === 'Primary' ? 'PRIMARY' : 'SECONDARY'))
      throw new UpstreamInvalidResponse(
        operator,
        'twinning.role: expected the role that was sent, got the other',
      )
    return twinning
  }

  /** Creates once for each idempotencyKey; without one, each call counts. */
  async function createOnce(
    operation: 'request' | 'activate',
    device: DeviceAddress,
    body: WireNewTwinning,
    idempotencyKey: string | null | undefined,
  ): Promise<Twinning> {
    if (idempotencyKey == null) return refusing(operation, () => create(device, body))
    const claim = {
      key: sealer.digest(
        JSON.stringify([principal.caller, operation, checkedIdempotencyKey(idempotencyKey)]),
      ),
      digest: sealer.digest(JSON.stringify([device, body.name ?? null, body.activationCode ?? null])),
      signal: caller.signal,
    }
    let created: Twinning | undefined
    const { outcome } = await idempotency.once(claim, async (): Promise<Outcome> => {
      try {
        created = await refusing(operation, () => create(device, body))
        return { id: sealer.sealRef(created.ref) }
      } catch (error) {
        if (error instanceof Refused) return { refusal: error.refusal }
        throw error
      }
    })
    if ('refusal' in outcome) throw new Refused(outcome.refusal)
    const ref = sealer.openRef(outcome.id)
    const twinning = created ?? (ref && (await loaders.twinningWithCodes(ref)))
    if (!twinning)
      throw new Refused({
        code: 'NOT_FOUND',
        message: 'the twinning that was made with this idempotencyKey is gone',
      })
    return twinning
  }

  /** Read, change one element, write back whole: nothing of what is not known here is lost. */
  async function edit(
    operation: 'set status' | 'rename',
    id: string,
    changeOf: (twinning: Twinning) => Readonly<Record<string, string>> | undefined,
  ): Promise<Twinning> {
    const ref = existing(id)
    const { client } = operators.route(ref.device)
    const once = async (): Promise<Twinning> => {
      const editable: Editable | undefined = await client.editTwinning(ref, caller)
      if (!editable) throw new Refused(notFound)
      const change = changeOf(editable.twinning)
      if (!change) return editable.twinning
      const twinning = await written(ref.operatorId, ref.device, () =>
        client.replaceTwinning(editable, change, caller),
      )
      await changed('UPDATED', ref, twinning)
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
      const body: WireNewTwinning = { role: 'Secondary', ...(name != null && { name: checkedName(name) }) }
      return createOnce('request', device, body, idempotencyKey)
    },
    activate: async ({ deviceAddress, name, activationCode, idempotencyKey }) => {
      const device = target(deviceAddress)
      const body: WireNewTwinning = {
        role: 'Primary',
        activationCode: checkedActivationCode(activationCode),
        ...(name != null && { name: checkedName(name) }),
      }
      return createOnce('activate', device, body, idempotencyKey)
    },
    setStatus: (id, status) =>
      edit('set status', id, (twinning) => {
        if (twinning.twinningStatus === 'PENDING')
          throw new Refused({
            code: 'INVALID_STATUS_TRANSITION',
            message: 'a twinning that is PENDING turns ON by activation on the Primary device',
            field: ['input', 'twinningStatus'],
          })
        return twinning.twinningStatus === status ? undefined : { twinningStatus: wireStatus[status] }
      }),
    rename: async (id, name) => {
      const newName = checkedName(name)
      return edit('rename', id, () => ({ name: newName }))
    },
    remove: async (id) => {
      const ref = existing(id)
      await refusing('delete', async () => {
        await written(ref.operatorId, ref.device, () =>
          operators.route(ref.device).client.deleteTwinning(ref, caller),
        )
        await changed('DELETED', ref)
      })
    },
  }
}

async function refusing<T>(operation: Parameters<typeof refusalOf>[1], run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const refusal = refusalOf(error, operation)
    throw refusal ? new Refused(refusal, { cause: error }) : error
  }
}
