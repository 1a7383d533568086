import { beginsWith, copyOf } from './bytes.ts'
import { lengthOfHead } from './heads.ts'
import type { Place, Places } from './places.ts'
import type { Plan } from './plans.ts'
import type { Representation } from './representations.ts'

/**
 * Bodies that are as others before but for their representations: those are found where they stand, without the body being
 * parsed, which takes as long as all else that is done for a hundred of them.
 */
export type Frames = {
  /** `undefined` for what is not known byte by byte. */
  readonly read: (body: Buffer) => Seen | undefined
  /** Notes what stands around the representations of a body that was parsed. */
  readonly learn: (body: Buffer, plan: Plan, representations: readonly Representation[]) => void
}

export type Seen = { readonly plan: Plan; readonly places: readonly Place[] }

type Frame = { readonly before: Buffer; readonly after: Buffer; readonly plan: Plan }

const maxFrames = 200
const maxOfOneLength = 8
const longestFrame = 8 * 1024
// Whoever writes representations in another way than most does so each time.
const maxFailures = 20
const maxLengths = 8
const comma = 44
const brace = 125
const quotationMark = 34
const endOfOne = '"}'

export function createFrames({ at }: Pick<Places, 'at'>): Frames {
  // By the lengths of their bodies' heads.
  const frames = new Map<number, readonly Frame[]>()
  const failures = new WeakMap<Plan, number>()
  let count = 0
  let last: Frame | undefined
  let lengths: readonly number[] = []

  function frameOf(body: Buffer): Frame | undefined {
    if (last && isAround(last, body)) return last
    const found = frames.get(lengthOfHead(body))?.find((frame) => isAround(frame, body))
    if (found) last = found
    return found
  }

  function placeAt(body: Buffer, start: number): Place | undefined {
    // Most are as long as one before.
    for (const length of lengths) {
      const mayEnd = body[start + length - 1] === brace && body[start + length - 2] === quotationMark
      const place = mayEnd ? at(body, start, length) : undefined
      if (place) return place
    }
    const length = body.indexOf(endOfOne, start) + endOfOne.length - start
    const place = length > 0 ? at(body, start, length) : undefined
    if (place) lengths = [length, ...lengths].slice(0, maxLengths)
    return place
  }

  function placesIn(body: Buffer, from: number, to: number): Place[] | undefined {
    const places: Place[] = []
    for (let start = from; start < to; start += 1) {
      const place = placeAt(body, start)
      if (!place) return undefined
      places.push(place)
      start += place.bytes.length
      if (start === to) return places
      if (body[start] !== comma) return undefined
    }
    return undefined
  }

  function keep(frame: Frame, length: number): void {
    // They come again.
    if (count >= maxFrames) {
      frames.clear()
      last = undefined
      count = 0
    }
    count += 1
    last = frame
    frames.set(length, [frame, ...(frames.get(length) ?? [])].slice(0, maxOfOneLength))
  }

  return {
    read: (body) => {
      const frame = frameOf(body)
      const places = frame && placesIn(body, frame.before.length, body.length - frame.after.length)
      return places && { plan: frame.plan, places }
    },
    learn: (body, plan, representations) => {
      const failed = failures.get(plan) ?? 0
      if (failed >= maxFailures || frameOf(body)?.plan === plan) return
      const list = Buffer.from(JSON.stringify(representations).slice(1, -1))
      const start = body.indexOf(list)
      const end = start + list.length
      // Nothing that means anything may stand behind them: it could be another list, which is the one that counts.
      if (start < 0 || start > longestFrame || !/^\]\}+$/.test(body.toString('latin1', end)))
        failures.set(plan, failed + 1)
      else
        keep(
          { before: copyOf(body.subarray(0, start)), after: copyOf(body.subarray(end)), plan },
          lengthOfHead(body),
        )
    },
  }
}

function isAround({ before, after }: Frame, body: Buffer): boolean {
  const end = body.length - after.length
  return end >= before.length && beginsWith(body, before) && after.compare(body, end) === 0
}
