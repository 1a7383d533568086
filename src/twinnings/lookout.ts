import type { Change, Changes } from '../changes.ts'
import type { DeviceAddress } from '../domain/address.ts'
import type { DeviceTwinnings, Twinning } from '../domain/twinning.ts'
import { GatewayError } from '../errors.ts'
import { report } from '../telemetry/channels.ts'
import type { Caller } from '../upstream/exchange.ts'
import type { OperatorLink, Operators } from '../upstream/operators.ts'
import { createPace } from './pace.ts'
import { changesBetween, stateOf, statesOf, type State } from './states.ts'

/**
 * Looks after the devices that somebody watches, where nobody tells of their changes: an operator that has never notified
 * is asked every now and then, and whatever may have been missed while Redis was away is looked for. What has changed
 * since subscribers were told goes the way of every change.
 */
export type Lookout = {
  /**
   * Looks after a device until the caller's signal ends it. `known`: what a reader would be told of it now, so that
   * nothing that happens between a first read and this is lost.
   */
  readonly watch: (device: DeviceAddress, caller: Caller, known: () => Promise<DeviceTwinnings>) => Watched
  /** This operator tells of changes by itself: it need not be asked. */
  readonly notified: (operatorId: string) => void
  /** Messages of other instances may have been missed: all that is watched is looked at again. */
  readonly recheck: () => void
  /** A change as far as it is known here: what subscribers have never been told of is new. */
  readonly corrected: (change: Change) => Change
  readonly close: () => void
}

export type Watched = {
  /** Settles once it is known what a reader would be told now, or that this can't be known. */
  readonly known: Promise<void>
  /** A subscriber has been told so of a twinning; `undefined`: that it is gone. */
  readonly told: (twinningId: string, twinning: Twinning | undefined) => void
}

/** How often operators that do not notify are asked; `settledMs` 0: never. */
export type PollTimes = {
  readonly pendingMs: number
  readonly settledMs: number
  /** All that is asked of one operator, by this instance. */
  readonly perSecond: number
}

/** Takes a turn for this long; false where another instance has it. */
export type TakeTurn = (name: string, ttlMs: number) => Promise<boolean>

/** One device that is watched, by those to whom its operator says the same of it. */
type Post = {
  readonly name: string
  readonly device: DeviceAddress
  readonly link: OperatorLink
  readonly callers: Set<Caller>
  /** What the subscribers know. */
  told: Map<string, State> | undefined
  /** Of the list that `told` was last read from, as long as nothing else has been told since. */
  etag: string | undefined
  known: Promise<void>
  timer: NodeJS.Timeout | undefined
  mustCheck: boolean
  failures: number
}

const recheckWithinMs = 500
const recheckAgainMs = 1000
const longestBackoff = 8

export function createLookout({
  operators,
  changes,
  takeTurn,
  times: { pendingMs, settledMs, perSecond },
}: {
  operators: Operators
  changes: Pick<Changes, 'announce'>
  takeTurn: TakeTurn
  times: PollTimes
}): Lookout {
  const posts = new Map<string, Post>()
  const ofDevice = new Map<DeviceAddress, Set<Post>>()
  const notifying = new Set<string>()
  const pace = createPace(perSecond)

  const everyMs = ({ told }: Post) =>
    [...(told?.values() ?? [])].some(({ isPending }) => isPending)
      ? Math.min(pendingMs, settledMs)
      : settledMs

  function schedule(post: Post, inMs: number): void {
    clearTimeout(post.timer)
    if (posts.get(post.name) === post) post.timer = setTimeout(() => void turn(post), inMs).unref()
  }

  function scheduleNext(post: Post): void {
    if (settledMs === 0 && !post.mustCheck) return
    const backoff = Math.min(2 ** post.failures, longestBackoff)
    const inMs = post.mustCheck ? recheckAgainMs : everyMs(post)
    // Jitter: what began together must not go on together.
    schedule(post, inMs * backoff * (0.8 + 0.4 * Math.random()))
  }

  async function turn(post: Post): Promise<void> {
    const asks = post.mustCheck || (!notifying.has(post.link.id) && (await isOurTurn(post)))
    if (asks) {
      await pace(post.link.id)
      if (await check(post)) post.mustCheck = false
    }
    scheduleNext(post)
  }

  /** One of all instances asks about a device in each round. */
  function isOurTurn(post: Post): Promise<boolean> {
    return takeTurn(post.name, everyMs(post) * 0.75)
  }

  async function check(post: Post): Promise<boolean> {
    const [caller] = post.callers
    if (!caller) return false
    try {
      const { value, etag } = await post.link.client.listTwinnings(
        post.device,
        caller,
        post.told && post.etag,
      )
      // What has just been found is told only once somebody could read it: until then it is looked for again.
      const isTold = value === undefined || (await compare(post, value, etag))
      post.failures = isTold ? 0 : post.failures + 1
      return isTold
    } catch (error) {
      // It is asked again, later and later; whoever asked first may have gone meanwhile, which is no failure.
      if (!caller.signal.aborted) post.failures += 1
      if (!(error instanceof GatewayError) && !caller.signal.aborted) report('error.unexpected', { error })
      return false
    }
  }

  /** True where subscribers know all of it; what they don't is announced. */
  async function compare(post: Post, list: DeviceTwinnings, etag: string | undefined): Promise<boolean> {
    const now = statesOf(list, post.told)
    const found = post.told ? changesBetween(post.told, now) : []
    post.told ??= now
    post.etag = found.length > 0 ? undefined : etag
    report('lookout.checked', { operator: post.link.id, outcome: found.length > 0 ? 'changed' : 'same' })
    if (found.length > 0) await changes.announce(found, 'lookout')
    return found.length === 0
  }

  async function learn(post: Post, known: () => Promise<DeviceTwinnings>): Promise<void> {
    try {
      const list = await known()
      post.told ??= statesOf(list)
    } catch (error) {
      if (!(error instanceof GatewayError) && !isAbort(error)) report('error.unexpected', { error })
    }
    scheduleNext(post)
  }

  return {
    watch: (device, caller, known) => {
      const link = operators.route(device)
      const name = `${link.id}|${link.partition(caller.token)}|${device}`
      const post = posts.get(name) ?? newPost(name, device, link)
      post.callers.add(caller)
      if (!posts.has(name)) {
        posts.set(name, post)
        ofDevice.set(device, (ofDevice.get(device) ?? new Set()).add(post))
        post.known = learn(post, known)
      }
      const leave = () => {
        post.callers.delete(caller)
        if (post.callers.size > 0 || posts.get(name) !== post) return
        posts.delete(name)
        ofDevice.get(device)?.delete(post)
        if (ofDevice.get(device)?.size === 0) ofDevice.delete(device)
        clearTimeout(post.timer)
      }
      if (caller.signal.aborted) leave()
      else caller.signal.addEventListener('abort', leave, { once: true })
      return {
        known: post.known,
        told: (twinningId, twinning) => {
          if (!post.told) return
          const before = post.told.get(twinningId)
          if (twinning) post.told.set(twinningId, stateOf(twinning))
          else post.told.delete(twinningId)
          const now = post.told.get(twinningId)
          if (before?.digest === now?.digest) return
          post.etag = undefined
          // Somebody waits for what comes after Pending.
          if (now?.isPending && !before?.isPending) scheduleNext(post)
        },
      }
    },
    notified: (operatorId) => void notifying.add(operatorId),
    recheck: () => {
      for (const post of posts.values()) {
        post.mustCheck = true
        schedule(post, Math.random() * recheckWithinMs)
      }
    },
    corrected: (change) => {
      const { operatorId, device, twinningId } = change.ref
      const isNew = [...(ofDevice.get(device) ?? [])].some(
        ({ link, told }) => link.id === operatorId && told && !told.has(twinningId),
      )
      return change.kind === 'UPDATED' && isNew ? { ...change, kind: 'CREATED' } : change
    },
    close: () => {
      for (const post of posts.values()) clearTimeout(post.timer)
      posts.clear()
      ofDevice.clear()
    },
  }
}

function newPost(name: string, device: DeviceAddress, link: OperatorLink): Post {
  return {
    name,
    device,
    link,
    callers: new Set(),
    told: undefined,
    etag: undefined,
    known: Promise.resolve(),
    timer: undefined,
    mustCheck: false,
    failures: 0,
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
