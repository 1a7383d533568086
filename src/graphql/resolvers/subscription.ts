import type { Change } from '../../changes.ts'
import { BadUserInput, Forbidden } from '../../errors.ts'
import type { Context } from '../context.ts'
import type { SubscriptionResolvers } from '../generated.ts'

export const Subscription: SubscriptionResolvers = {
  twinningChanged: {
    subscribe: (_, { deviceAddress }, context) => {
      const device = deviceAddress ?? context.principal.address
      if (!device)
        throw new BadUserInput('deviceAddress is needed, as the access token was not issued to a device')
      if (!context.reader.mayRead(device))
        throw new Forbidden("the access token does not allow reading this device's twinnings")
      // Here, not in the generator: from when the client has its stream, no change is missed.
      return eventsOf(context.changes.watch(device, context.signal), context)
    },
  },
}

async function* eventsOf(changes: AsyncIterable<Change>, { reader, sealer, budget }: Context) {
  for await (const { kind, ref } of changes) {
    reader.forget()
    budget.renew()
    const twinningId = sealer.sealRef(ref)
    const reading = kind === 'DELETED' ? Promise.resolve(undefined) : reader.twinning(twinningId)
    const [outcome] = await Promise.allSettled([reading])
    // An operator that tells of a change does not say whether it was the last one.
    const isGone = outcome.status === 'fulfilled' && outcome.value === undefined
    // An operator that does not answer now fails this one field: the next change may be readable again.
    const twinning = reading.then((visible) => visible ?? null)
    // Nor does it fail whoever did not ask for that field.
    twinning.catch(() => undefined)
    yield { twinningChanged: { kind: isGone ? ('DELETED' as const) : kind, twinningId, twinning } }
  }
}
