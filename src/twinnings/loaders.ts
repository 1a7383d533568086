import DataLoader from 'dataloader'
import type { Cache, Loaded, Mark, Missing } from '../cache/cache.ts'
import type { Found } from '../cache/codecs.ts'
import { entryName, listKey, twinningKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { DeviceTwinnings, Twinning, TwinningRef } from '../domain/twinning.ts'
import { UpstreamInvalidResponse } from '../errors.ts'
import type { Caller } from '../upstream/exchange.ts'
import type { Freshness } from '../upstream/freshness.ts'
import type { OperatorLink, Operators } from '../upstream/operators.ts'

/** What one request reads, each thing once, whoever asks for it. Made new for every request. */
export type Loaders = {
  /** `undefined` where there is none, or none any more. */
  readonly twinning: (ref: TwinningRef) => Promise<Twinning | undefined>
  /** As `twinning`, but with `codes`, which may cost a read of the operator. */
  readonly twinningWithCodes: (ref: TwinningRef) => Promise<Twinning | undefined>
  /** As `twinning`, but only if it is cached: for what is good to know and not worth a read. */
  readonly known: (ref: TwinningRef) => Promise<Twinning | undefined>
  /** Throws BadUserInput where no operator serves the device. */
  readonly twinningsOf: (device: DeviceAddress) => Promise<DeviceTwinnings>
  /** True if an operator serves the device. */
  readonly isServed: (device: DeviceAddress) => boolean
  /** Forgets what this request has read, after a change. */
  readonly forget: () => void
}

export type LoaderCaches = { readonly found: Cache<Found>; readonly lists: Cache<DeviceTwinnings> }

/** How long an answer is used where the operator does not say. */
export type Lifetime = { readonly ttlMs: number; readonly graceMs: number }

// From two missing twinnings of one device on, its list is read instead of each of them: one request for two is the
// first that spares the operator one, and takes no longer, as the two would have run side by side.
const listFrom = 2

// A person is waiting for a Pending twinning to turn On, and the operators do that between themselves.
const pendingFreshMs = 2000

/** `caller`: for whom is read, and until when. */
export function createLoaders({
  operators,
  caches,
  lifetime,
  caller,
}: {
  operators: Operators
  caches: LoaderCaches
  lifetime: Lifetime
  caller: Caller
}): Loaders {
  const partitionOf = (link: OperatorLink) => link.partition(caller.token)
  // Lists that this request reads anyway: its single twinnings come from there.
  const listed = new Set<DeviceAddress>()

  function loadedFor<V>(value: V, members: readonly Twinning[], { store, freshForMs }: Freshness): Loaded<V> {
    if (!store) return { value, freshForMs: 0, graceMs: 0 }
    const longest = members.some((t) => t.twinningStatus === 'PENDING') ? pendingFreshMs : Infinity
    return { value, freshForMs: Math.min(freshForMs ?? lifetime.ttlMs, longest), graceMs: lifetime.graceMs }
  }

  async function readList(device: DeviceAddress, mark: Mark): Promise<Loaded<DeviceTwinnings>> {
    const link = operators.route(device)
    const { freshness, ...list } = await link.client.listTwinnings(device, caller)
    caches.found.put(
      list.twinnings.map((twinning) => ({
        key: twinningKey(twinning.ref, partitionOf(link)),
        loaded: loadedFor({ twinning }, [twinning], freshness),
        mark,
      })),
    )
    return loadedFor(list, list.twinnings, freshness)
  }

  const lists = new DataLoader<DeviceAddress, DeviceTwinnings>(async (devices) => {
    const keys = devices.map((device) => {
      const link = operators.route(device)
      return listKey(link.id, device, partitionOf(link))
    })
    const deviceOf = new Map(keys.map((key, i) => [entryName(key), devices[i]]))
    return caches.lists.getMany(keys, (missing) =>
      outcomes(missing, (key) => {
        const device = deviceOf.get(entryName(key))
        if (device === undefined) throw new TypeError('asked for a list that was not missing')
        return readList(device, key.mark)
      }),
    )
  })

  async function readOne(ref: TwinningRef): Promise<Loaded<Found>> {
    const { twinning, freshness } = await operators.route(ref.device).client.getTwinning(ref, caller)
    return twinning
      ? loadedFor({ twinning }, [twinning], freshness)
      : { value: { twinning }, freshForMs: 0, graceMs: 0 }
  }

  /** What the list says of one of its members. It was kept with the list, so that it need not be kept again. */
  async function readFromList(ref: TwinningRef): Promise<Loaded<Found>> {
    return { value: { twinning: memberOf(await lists.load(ref.device), ref) }, freshForMs: 0, graceMs: 0 }
  }

  const singles = new DataLoader<TwinningRef, Found, string>(
    async (refs) => {
      const keys = refs.map((ref) => twinningKey(ref, partitionOf(operators.route(ref.device))))
      const refOf = new Map(keys.map((key, i) => [entryName(key), refs[i]]))
      return caches.found.getMany(keys, (missing) => {
        const byDevice = Map.groupBy(missing, ({ tag }) => tag)
        return outcomes(missing, (key) => {
          const ref = refOf.get(entryName(key))
          if (ref === undefined) throw new TypeError('asked for a twinning that was not missing')
          const many = (byDevice.get(key.tag)?.length ?? 0) >= listFrom
          return many || listed.has(ref.device) ? readFromList(ref) : readOne(ref)
        })
      })
    },
    { cacheKeyFn: nameOf },
  )

  const directLists = new DataLoader<DeviceAddress, DeviceTwinnings>((devices) =>
    Promise.all(devices.map((d) => settled(operators.route(d).client.listTwinnings(d, caller)))),
  )

  /** Past the cache. */
  const direct = new DataLoader<TwinningRef, Twinning | undefined, string>(
    (refs) => {
      const byDevice = Map.groupBy(refs, ({ device }) => device)
      const read = async (ref: TwinningRef) =>
        (byDevice.get(ref.device)?.length ?? 0) >= listFrom
          ? memberOf(await directLists.load(ref.device), ref)
          : (await readOne(ref)).value.twinning
      return Promise.all(refs.map((ref) => settled(read(ref))))
    },
    { cacheKeyFn: nameOf },
  )

  async function twinning(ref: TwinningRef): Promise<Twinning | undefined> {
    // An id of another operator than the one that serves the device now leads nowhere.
    if (operators.find(ref.device)?.id !== ref.operatorId) return undefined
    return (await singles.load(ref)).twinning
  }

  return {
    twinning,
    twinningWithCodes: async (ref) => {
      const known = await twinning(ref)
      return known && !known.codes ? direct.load(ref) : known
    },
    known: async (ref) => {
      const link = operators.find(ref.device)
      const [found] = link ? await caches.found.getMany([twinningKey(ref, partitionOf(link))], unread) : []
      return found instanceof Error ? undefined : found?.twinning
    },
    twinningsOf: async (device) => {
      operators.route(device)
      listed.add(device)
      return lists.load(device)
    },
    isServed: (device) => operators.find(device) !== undefined,
    forget: () => {
      listed.clear()
      for (const loader of [lists, singles, directLists, direct]) loader.clearAll()
    },
  }
}

function nameOf({ operatorId, device, twinningId }: TwinningRef): string {
  return `${operatorId}|${device}|${twinningId}`
}

/** What a list says of one twinning. Throws UpstreamInvalidResponse where that could not be decoded. */
function memberOf({ twinnings, leftOut }: DeviceTwinnings, ref: TwinningRef): Twinning | undefined {
  const unreadable = leftOut.find(({ twinningId }) => twinningId === ref.twinningId)
  if (unreadable) throw new UpstreamInvalidResponse(ref.operatorId, unreadable.problem)
  return twinnings.find((t) => t.ref.twinningId === ref.twinningId)
}

/** Loads nothing. */
function unread(missing: readonly Missing[]): Promise<Map<string, Error>> {
  return Promise.resolve(new Map(missing.map((key) => [entryName(key), new Error('not read')])))
}

/** Runs one load for each missing key, side by side; a failure is that key's alone. */
async function outcomes<V>(
  missing: readonly Missing[],
  load: (key: Missing) => Promise<Loaded<V>>,
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
