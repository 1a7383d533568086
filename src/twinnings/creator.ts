import type { Principal } from '../auth/policy.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Twinning } from '../domain/twinning.ts'
import { UpstreamInvalidResponse } from '../errors.ts'
import type { WireNewTwinning } from '../oma/wire.ts'
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
  body: WireNewTwinning,
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
  async function post(device: DeviceAddress, body: WireNewTwinning): Promise<Twinning> {
    const { client, id: operatorId } = operators.route(device)
    const twinning = await consequences.written({ operatorId, device }, () =>
      client.createTwinning(device, body, caller),
    )
    await consequences.changed([{ kind: 'CREATED', ref: twinning.ref }], {
      ...twinning.ref,
      other: twinning.otherDevice?.address,
    })
    if (twinning.role !== (body.role === 'Primary' ? 'PRIMARY' : 'SECONDARY'))
      throw new UpstreamInvalidResponse(
        operatorId,
        'twinning.role: expected the role that was sent, got the other',
      )
    return twinning
  }

  return async (operation, device, body, idempotencyKey) => {
    const create = () => refusing(operation, () => post(device, body))
    if (idempotencyKey == null) return create()

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
