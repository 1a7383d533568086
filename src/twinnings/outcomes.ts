import type { Loaded, Missing } from '../cache/load.ts'
import { entryName } from '../cache/keys.ts'

/** Runs one load for each missing key, side by side; a failure is that key's alone. */
export async function outcomes<V>(
  missing: readonly Missing<V>[],
  load: (key: Missing<V>) => Promise<Loaded<V>>,
): Promise<Map<string, Loaded<V> | Error>> {
  return new Map(
    await Promise.all(missing.map(async (key) => [entryName(key), await settled(load(key))] as const)),
  )
}

async function settled<T>(promise: Promise<T>): Promise<T | Error> {
  try {
    return await promise
  } catch (error) {
    return error instanceof Error ? error : new Error('failed', { cause: error })
  }
}
