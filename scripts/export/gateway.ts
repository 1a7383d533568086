// Devices and their twinnings, asked of the gateway over HTTP.
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceAddress } from '../../src/domain/address.ts'
import { readAnswer, pauseOf, Stopped, type Answer, type DeviceAnswer } from './answer.ts'
import type { Options } from './options.ts'

export type Twinning = {
  readonly id: string
  readonly role: string
  readonly twinningStatus: string
  readonly ownAddress: string
  readonly otherDevice: { readonly address: string; readonly name?: string | null } | null
  readonly name?: string | null
}
export type Device = { readonly address: string; readonly twinnings: readonly Twinning[] }
export type Failure = { readonly address: DeviceAddress; readonly code: string }
export type Reading = {
  /** In the order asked. */
  readonly devices: readonly Device[]
  readonly failures: readonly Failure[]
  /** What the gateway left out of lists because it could not be read. */
  readonly leftOut: number
}

type Asking = Pick<Options, 'url' | 'token' | 'isClear'> & {
  readonly take: (count: number) => Promise<void>
  readonly signal: AbortSignal
}
type Page = { readonly first: number; readonly after?: string }
type Outcome = Device | Failure

const attempts = 5
const attemptsAtRate = 30

const documentFor = (
  isClear: boolean,
) => `query Export($addresses: [DeviceAddress!]!, $first: Int, $after: String) {
  twinningDevices(addresses: $addresses) {
    address
    twinnings(first: $first, after: $after) {
      nodes { id role twinningStatus ownAddress ${isClear ? 'name ' : ''}otherDevice { address ${isClear ? 'name ' : ''}} }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

export function createReader(asking: Asking): (addresses: readonly DeviceAddress[]) => Promise<Reading> {
  const document = documentFor(asking.isClear)
  let leftOut = 0

  async function read(addresses: readonly DeviceAddress[]): Promise<Reading> {
    leftOut = 0
    const outcomes = await readAll(addresses)
    const devices = outcomes.filter((outcome) => 'twinnings' in outcome)
    const failures = outcomes.filter((outcome) => 'code' in outcome)
    return { devices, failures, leftOut }
  }

  async function readAll(addresses: readonly DeviceAddress[]): Promise<Outcome[]> {
    // Most have few twinnings, and what may be answered is what an operation is charged for.
    const answers = await askPatiently(addresses, { first: 20 })
    const outcomes: Outcome[] = []
    for (const [at, address] of addresses.entries()) outcomes.push(await readRest(address, answers[at]))
    return outcomes
  }

  /** All pages of a device or none, so that one asked again has nothing twice. */
  async function readRest(address: DeviceAddress, firstPage: DeviceAnswer | undefined): Promise<Outcome> {
    let page = firstPage
    const twinnings: Twinning[] = []
    while (page && !('code' in page)) {
      twinnings.push(...page.twinnings)
      if (page.next === undefined) return { address: page.address, twinnings }
      page = (await askPatiently([address], { first: 100, after: page.next }))[0]
    }
    return { address, code: page?.code ?? 'NO_ANSWER' }
  }

  /** Asks again for those whose operator wants to be left alone for a while. */
  async function askPatiently(addresses: readonly DeviceAddress[], page: Page): Promise<DeviceAnswer[]> {
    const answers = addresses.length > 0 ? await ask(addresses, page) : []
    for (let attempt = 1; attempt < attempts; attempt++) {
      const limited = answers.flatMap((answer, at) =>
        'code' in answer && answer.code === 'RATE_LIMITED'
          ? [{ at, pauseS: Math.min(answer.retryAfterS ?? 1, 60) }]
          : [],
      )
      if (limited.length === 0) break
      await pause(Math.max(...limited.map(({ pauseS }) => pauseS)))
      const again = await ask(
        limited.flatMap(({ at }) => addresses[at] ?? []),
        page,
      )
      for (const [i, { at }] of limited.entries()) answers.splice(at, 1, ...again.slice(i, i + 1))
    }
    return answers
  }

  async function ask(addresses: readonly DeviceAddress[], page: Page): Promise<DeviceAnswer[]> {
    for (let attempt = 1; ; attempt++) {
      await asking.take(addresses.length)
      const answer = await post({ addresses, ...page })
      if (!('fault' in answer)) {
        leftOut += answer.leftOut
        return [...answer.devices]
      }
      if (attempt >= (answer.isLimited ? attemptsAtRate : attempts)) throw new Stopped(answer.fault)
      await pause(answer.retryAfterS ?? (answer.isLimited ? 1 : 0.25 * 2 ** attempt))
    }
  }

  async function post(variables: { readonly addresses: readonly DeviceAddress[] } & Page): Promise<Answer> {
    const token = asking.token()
    const timeout = AbortSignal.timeout(60_000)
    try {
      const response = await fetch(asking.url, {
        method: 'POST',
        // A token is for the one that it was meant for.
        redirect: 'error',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query: document, variables }),
        signal: AbortSignal.any([asking.signal, timeout]),
      })
      const body = await response.text()
      return readAnswer({ status: response.status, retryAfterS: pauseOf(response.headers), body }, variables)
    } catch (error) {
      if (error instanceof Stopped) throw error
      asking.signal.throwIfAborted()
      return { fault: 'the gateway can’t be reached', isLimited: false, retryAfterS: undefined }
    }
  }

  const pause = (seconds: number) => wait(seconds * 1000, undefined, { signal: asking.signal })

  return read
}
