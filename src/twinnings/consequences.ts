import type { Change, Changes } from '../changes.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { Operators } from '../upstream/operators.ts'
import type { Loaders } from './loaders.ts'

/** Where a change took place: a device at its operator, and the device at the other end, where it is known. */
export type Place = {
  readonly operatorId: string
  readonly device: DeviceAddress
  readonly other?: DeviceAddress | undefined
}

/** What follows from a write before it is answered: nothing old is left to be read, of either end. */
export type Consequences = {
  /** Drops what is cached, and tells the subscribers. */
  readonly changed: (changes: readonly Change[], place: Place) => Promise<void>
  /** Runs a write. One that failed may have been done all the same: what is cached is in doubt. */
  readonly written: <T>(place: Place, write: () => Promise<T>) => Promise<T>
}

export function createConsequences({
  operators,
  loaders,
  changes,
}: {
  operators: Operators
  loaders: Loaders
  changes: Changes
}): Consequences {
  const changed: Consequences['changed'] = async (made, { operatorId, device, other }) => {
    const link = other && operators.find(other)
    await changes.announce(made, 'mutation', [
      { operatorId, device },
      ...(link ? [{ operatorId: link.id, device: other }] : []),
    ])
    loaders.forget()
  }

  return {
    changed,
    written: async (place, write) => {
      try {
        return await write()
      } catch (error) {
        await changed([], place)
        throw error
      }
    },
  }
}
