import { BadUserInput } from '../../errors.ts'
import type { Event } from '../../twinnings/watcher.ts'
import type { Context } from '../context.ts'
import type { SubscriptionResolvers } from '../generated.ts'

export const Subscription: SubscriptionResolvers = {
  twinningChanged: {
    subscribe: (_, { deviceAddress }, context) => {
      const device = deviceAddress ?? context.principal.address
      if (!device)
        throw new BadUserInput('deviceAddress is needed, as the access token was not issued to a device')
      return context.watcher.watch(device)
    },
    resolve: ({ kind, twinningId, twinning }: Event, _: object, { budget }: Context) => {
      budget.renew()
      return { kind, twinningId, twinning: orNull(twinning) }
    },
  },
}

/** An operator that does not answer now fails this one field, where it is asked for; the next change may be readable. */
function orNull<T>(reading: Promise<T | undefined>): Promise<T | null> {
  const twinning = reading.then((found) => found ?? null)
  twinning.catch(() => undefined)
  return twinning
}
