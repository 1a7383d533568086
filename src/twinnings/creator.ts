import type { Principal } from '../auth/policy.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { NewTwinning, Twinning } from '../domain/twinning.ts'
import { UpstreamInvalidResponse } from '../errors.ts'
import type { Caller } from '../upstream/exchange.ts'
import type { Operators } from '../upstream/operators.ts'
import type { Consequences } from './consequences.ts'
import type { Idempotency, Outcome } from './idempotency.ts'
import { checkedIdempotencyKey } from './input.ts'
import type { Loaders } from './loaders.ts'
import { Refused, refusing } from './refusal.ts'

/** Makes a twinning: once for each idempotencyKey; without one, each call counts. Throws as Writer does. */
export type Create = (
  operation: 'request' | 'activate',
  device: DeviceAddress,
  wanted: NewTwinning,
  idempotencyKey: string | null | undefined,
) => Promise<Twinning>

export function createCreator({
  principal,
  caller,
  operators,
  loaders,
  sealer,
  consequences,
  idempotency,
}: {
  principal: Principal
  caller: Caller
  operators: Operators
  loaders: Loaders
  sealer: Sealer
  consequences: Consequences
  idempotency: Idempotency
}): Create {
  async function post(device: DeviceAddress, wanted: NewTwinning): Promise<Twinning> {
    const { client, id: operatorId } = operators.route(device)
    const twinning = await consequences.written({ operatorId, device }, () =>
      client.createTwinning(device, wanted, caller),
    )
    await consequences.changed([{ kind: 'CREATED', ref: twinning.ref }], {
      ...twinning.ref,
      other: twinning.otherDevice?.address,
    })
    if (twinning.role !== wanted.role)
      throw new UpstreamInvalidResponse(
        operatorId,
        'twinning.role: expected the role that was sent, got the other',
      )
    return twinning
  }

  return async (operation, device, wanted, idempotencyKey) => {
    const create = () => refusing(operation, () => post(device, wanted))
    if (idempotencyKey == null) return create()

    const claim = {
      key: sealer.digest(
        JSON.stringify([principal.caller, operation, checkedIdempotencyKey(idempotencyKey)]),
      ),
      digest: sealer.digest(JSON.stringify([device, wanted.name ?? null, wanted.activationCode ?? null])),
    }
    let created: Twinning | undefined
    const outcome = await idempotency.once(claim, async (): Promise<Outcome> => {
      try {
        created = await create()
        return { id: sealer.sealRef(created.ref) }
      } catch (error) {
        if (error instanceof Refused) return { refusal: error.refusal }
        throw error
      }
    })
    if ('refusal' in outcome) throw new Refused(outcome.refusal)
    const ref = sealer.openRef(outcome.id)
    const twinning = created ?? (ref && (await loaders.twinningWithCodes(ref)))
    if (twinning) return twinning
    throw new Refused({
      code: 'NOT_FOUND',
      message: 'the twinning that was made with this idempotencyKey is gone',
    })
  }
}
