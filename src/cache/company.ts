import type { RedisLink } from '../redis/redis.ts'

/** Whether an instance is the only one that uses its Redis. */
export type Company = {
  /** Lets the others know of this one, which is to hear them already, and begins to look whether there are any. */
  readonly enter: () => Promise<void>
  /** Another was heard. */
  readonly met: () => void
  /** Others may not have been heard for a while. */
  readonly missed: () => void
  /** A greeting of one's own has come back. */
  readonly echoed: (greeting: number | undefined) => void
  /** False where there may be others: at the start, on a cluster, and wherever anything is in doubt. */
  readonly isAlone: () => boolean
}

type Greeting = { readonly number: number; readonly at: number; hearers: number; isBack: boolean }

const greetMs = 1000
// So that many of them do not keep one another busy.
const greetOthersMs = 2000
// Longer than another one takes to greet again.
const quietMs = 3000
// Until the next greeting has come back, with a beat and a moment to spare.
const knownForMs = 2000

/**
 * Each instance greets all others, at once when it begins to hear them, which is before it can be asked for anything, and
 * then again and again. One is alone while it is quiet, and its last greeting came back to it and, as Redis counts, to
 * nobody else. `greet` sends a greeting of this number, and answers how many have been sent it, if that is known.
 */
export function createCompany(
  redis: Pick<RedisLink, 'cluster' | 'listening' | 'onBeat'>,
  greet: (number: number) => Promise<number | undefined>,
): Company {
  let last: Greeting = { number: 0, at: 0, hearers: 0, isBack: false }
  let greetAt = 0
  let metAt = performance.now()
  let aloneUntil = 0
  let isIn = false

  async function greetAll(): Promise<void> {
    const now = performance.now()
    const greeting = { number: last.number + 1, at: now, hearers: 0, isBack: false }
    last = greeting
    greetAt = now + greetMs
    const hearers = await greet(greeting.number)
    // Not sent, it is made up for at the next beat.
    if (hearers === undefined) greetAt = 0
    else if (hearers > 1) {
      aloneUntil = 0
      greetAt = now + greetOthersMs
    } else {
      greeting.hearers = hearers
      conclude()
    }
  }

  /** The greeting's count and the greeting itself come back on different ways, in any order. */
  function conclude(): void {
    const { at, hearers, isBack } = last
    if (isBack && hearers === 1 && at - metAt > quietMs) aloneUntil = at + knownForMs
  }

  function greetIfDue(): void {
    if (performance.now() >= greetAt && redis.listening()) void greetAll()
  }

  function met(): void {
    metAt = performance.now()
    aloneUntil = 0
  }

  return {
    met,
    missed: () => {
      met()
      if (!isIn) return
      greetAt = 0
      // Once it is known whether this is the loss, or its end: then the others are to know before this one asks for a lease.
      setImmediate(greetIfDue)
    },
    echoed: (number) => {
      if (number !== last.number) return
      last.isBack = true
      conclude()
    },
    enter: async () => {
      // Its nodes count each for itself.
      if (redis.cluster) return
      isIn = true
      met()
      redis.onBeat(greetIfDue)
      await greetAll()
    },
    isAlone: () => performance.now() < aloneUntil && redis.listening(),
  }
}
