import DataLoader from 'dataloader'
import type { Loaded, Missing } from '../cache/load.ts'
import type { Found } from '../cache/codecs.ts'
import { entryName, listKey, twinningKey, type CacheKey } from '../cache/keys.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { DeviceTwinnings, Twinning, TwinningRef } from '../domain/twinning.ts'
import { UpstreamInvalidResponse } from '../errors.ts'
import type { Trail } from '../telemetry/trail.ts'
import type { Caller } from '../upstream/exchange.ts'
import type { Freshness } from '../upstream/freshness.ts'
import type { OperatorLink, Operators } from '../upstream/operators.ts'
import type { Asking } from './flights.ts'
import { outcomes } from './outcomes.ts'
import { readTogether, type Shared } from './together.ts'

/** What one request reads, each thing once, whoever asks for it. Made new for every request. */
export type Loaders = {
  /** `undefined` where there is none, or none any more. */
  readonly twinning: (ref: TwinningRef) => Promise<Twinning | undefined>
  /** As `twinning`, but with `codes`, which may cost a read of the operator. */
  readonly twinningWithCodes: (ref: TwinningRef) => Promise<Twinning | undefined>
  /** As `twinning`, but only if it is held, fresh or not: for what is good to know and not worth a read. */
  readonly known: (ref: TwinningRef) => Promise<Twinning | undefined>
  /** Throws BadUserInput where no operator serves the device. */
  readonly twinningsOf: (device: DeviceAddress) => Promise<DeviceTwinnings>
  /** True if an operator serves the device. */
  readonly isServed: (device: DeviceAddress) => boolean
  /** The id of the operator that serves the device. Throws BadUserInput where none does. */
  readonly operatorOf: (device: DeviceAddress) => string
  /** What is read of this device from now on comes from its list. */
  readonly preferList: (device: DeviceAddress) => void
  /** Forgets what this request has read, after a change. */
  readonly forget: () => void
}

/** What is known of twinnings, one by one and device by device, and how it is read. */
export type LoaderStores = { readonly found: Shared<Found>; readonly lists: Shared<DeviceTwinnings> }

/** How long an answer is used where the operator does not say. */
export type Lifetime = { readonly ttlMs: number; readonly graceMs: number }

// From two missing twinnings of one device on, its list is read instead of each of them: one request for two is the
// first that spares the operator one, and takes no longer, as the two would have run side by side.
const listFrom = 2

// A person is waiting for a Pending twinning to turn On, and the operators do that between themselves.
const pendingFreshMs = 2000

/**
 * `caller`: for whom is read, and until when. `onRead` is told, at each read, until when all that it gave is fresh (ms
 * since 1970), and under which tags that is kept. `reading` runs each reading that the cache can't spare, or rejects. `trail`:
 * where somebody is to see all that.
 */
export function createLoaders({
  operators,
  stores,
  lifetime,
  caller,
  onRead = () => undefined,
  reading = (read) => read(),
  trail,
}: {
  operators: Operators
  stores: LoaderStores
  lifetime: Lifetime
  caller: Caller
  onRead?: (freshUntil: number, tags: readonly string[]) => void
  reading?: <T>(read: () => Promise<T>) => Promise<T>
  trail?: Trail | undefined
}): Loaders {
  const partitionOf = (link: OperatorLink) => link.partition(caller.token)
  // Lists that this request reads anyway: its single twinnings come from there.
  const listed = new Set<DeviceAddress>()

  const told = (keys: readonly CacheKey[]) => (freshUntil: number) =>
    onRead(
      freshUntil,
      keys.map(({ tag }) => tag),
    )

  /** How long an answer is kept, all that it holds alike. */
  function lifetimeOf({ store, freshForMs, mayBeStale }: Freshness): Lifetime | undefined {
    if (!store) return undefined
    const earlierMs = freshForMs === undefined ? jitterOf(lifetime.ttlMs) : 0
    const graceMs = mayBeStale ? lifetime.graceMs + earlierMs : 0
    return { ttlMs: freshForMs ?? lifetime.ttlMs - earlierMs, graceMs }
  }

  function loadedFor<V>(value: V, members: readonly Twinning[], kept: Lifetime | undefined): Loaded<V> {
    if (!kept) return { value, freshForMs: 0, graceMs: 0 }
    const longest = members.some(isPending) ? pendingFreshMs : Infinity
    return { value, at: Date.now(), freshForMs: Math.min(kept.ttlMs, longest), graceMs: kept.graceMs }
  }

  async function readList(
    device: DeviceAddress,
    { mark, known }: Missing<DeviceTwinnings>,
    asking: Asking,
  ): Promise<Loaded<DeviceTwinnings>> {
    const link = operators.route(device)
    const asker = { ...asking, token: caller.token }
    const { value, etag, freshness } = await link.client.listTwinnings(device, asker, known?.etag)
    const list = value ?? known?.value
    if (!list) throw new UpstreamInvalidResponse(link.id, 'status: expected a list, got 304')
    const kept = lifetimeOf(freshness)
    stores.found.cache.put(
      list.twinnings.map((twinning) => ({
        key: twinningKey(twinning.ref, partitionOf(link)),
        loaded: { ...loadedFor({ twinning }, [twinning], kept), along: true },
        mark,
      })),
    )
    return { ...loadedFor(list, list.twinnings, kept), etag: etag ?? known?.etag }
  }

  const listsOf = (accept?: (list: DeviceTwinnings) => boolean) =>
    new DataLoader<DeviceAddress, DeviceTwinnings>(async (devices) => {
      const keys = devices.map((device) => {
        const link = operators.route(device)
        return listKey(link.id, device, partitionOf(link))
      })
      const deviceOf = new Map(keys.map((key, i) => [entryName(key), devices[i]]))
      const load = (missing: readonly Missing<DeviceTwinnings>[]) =>
        outcomes(missing, (key) => {
          const device = deviceOf.get(entryName(key))
          if (device === undefined) throw new TypeError('asked for a list that was not missing')
          const read = (asking: Asking) => readList(device, key, asking)
          return reading(() =>
            readTogether(stores.lists, key, { signal: caller.signal, trail, accept, read }),
          )
        })
      const mayBeLate = ({ twinnings }: DeviceTwinnings) => !twinnings.some(isPending)
      const options = { accept, mayBeLate, onFreshUntil: told(keys), noted: trail?.reading('list') }
      return stores.lists.cache.getMany(keys, load, options)
    })

  async function readOne(
    ref: TwinningRef,
    { known }: Missing<Found>,
    asking: Asking,
  ): Promise<Loaded<Found>> {
    const { client } = operators.route(ref.device)
    const asker = { ...asking, token: caller.token }
    const { value, etag, freshness } = await client.getTwinning(ref, asker, known?.etag)
    const { twinning } = value ?? known?.value ?? {}
    const loaded = loadedFor({ twinning }, twinning ? [twinning] : [], lifetimeOf(freshness))
    if (twinning) return { ...loaded, etag: etag ?? known?.etag }
    // Soon it may be there, and nobody says so.
    return { ...loaded, freshForMs: Math.min(loaded.freshForMs, pendingFreshMs), graceMs: 0 }
  }

  const singlesOf = (
    lists: DataLoader<DeviceAddress, DeviceTwinnings>,
    accept?: (found: Found) => boolean,
  ) => {
    /** What the list says of one of its members, which was kept along with the list. */
    const readFromList = async (ref: TwinningRef): Promise<Loaded<Found>> => {
      const twinning = memberOf(await lists.load(ref.device), ref)
      return { value: { twinning }, freshForMs: 0, graceMs: 0, kept: twinning !== undefined }
    }
    return new DataLoader<TwinningRef, Found, string>(
      async (refs) => {
        const keys = refs.map((ref) => twinningKey(ref, partitionOf(operators.route(ref.device))))
        const refOf = new Map(keys.map((key, i) => [entryName(key), refs[i]]))
        const load = (missing: readonly Missing<Found>[]) => {
          const byDevice = Map.groupBy(missing, ({ tag }) => tag)
          return outcomes(missing, (key) => {
            const ref = refOf.get(entryName(key))
            if (ref === undefined) throw new TypeError('asked for a twinning that was not missing')
            const many = (byDevice.get(key.tag)?.length ?? 0) >= listFrom
            if (many || listed.has(ref.device)) return readFromList(ref)
            const read = (asking: Asking) => readOne(ref, key, asking)
            return reading(() =>
              readTogether(stores.found, key, { signal: caller.signal, trail, accept, read }),
            )
          })
        }
        const mayBeLate = ({ twinning }: Found) => twinning !== undefined && !isPending(twinning)
        const options = { accept, mayBeLate, onFreshUntil: told(keys), noted: trail?.reading('twinning') }
        return stores.found.cache.getMany(keys, load, options)
      },
      { cacheKeyFn: ({ operatorId, device, twinningId }) => `${operatorId}|${device}|${twinningId}` },
    )
  }

  const lists = listsOf()
  const singles = singlesOf(lists)
  // What came out of Redis lacks its codes, and does for whoever does not ask for them.
  const listsWithCodes = listsOf(({ twinnings }) => twinnings.every(({ codes }) => codes))
  const singlesWithCodes = singlesOf(
    listsWithCodes,
    ({ twinning }) => !twinning || twinning.codes !== undefined,
  )

  async function load(from: typeof singles, ref: TwinningRef): Promise<Twinning | undefined> {
    // An id of another operator than the one that serves the device now leads nowhere.
    if (operators.find(ref.device)?.id !== ref.operatorId) return undefined
    return (await from.load(ref)).twinning
  }

  return {
    twinning: (ref) => load(singles, ref),
    twinningWithCodes: (ref) => load(singlesWithCodes, ref),
    known: async (ref) => {
      const link = operators.find(ref.device)
      const [found] = link ? await stores.found.cache.peek([twinningKey(ref, partitionOf(link))]) : []
      return found?.twinning
    },
    twinningsOf: async (device) => {
      operators.route(device)
      listed.add(device)
      return lists.load(device)
    },
    operatorOf: (device) => operators.route(device).id,
    isServed: (device) => operators.find(device) !== undefined,
    preferList: (device) => void listed.add(device),
    forget: () => {
      listed.clear()
      for (const loader of [lists, singles, listsWithCodes, singlesWithCodes]) loader.clearAll()
    },
  }
}

/** Up to a tenth: what was read together need not be read together again. */
function jitterOf(ms: number): number {
  return Math.floor((ms * Math.random()) / 10)
}

function isPending({ twinningStatus }: Twinning): boolean {
  return twinningStatus === 'PENDING'
}

/** What a list says of one twinning. Throws UpstreamInvalidResponse where that could not be decoded. */
function memberOf({ twinnings, leftOut }: DeviceTwinnings, ref: TwinningRef): Twinning | undefined {
  const unreadable = leftOut.find(({ twinningId }) => twinningId === ref.twinningId)
  if (unreadable) throw new UpstreamInvalidResponse(ref.operatorId, unreadable.problem)
  return twinnings.find((t) => t.ref.twinningId === ref.twinningId)
}
