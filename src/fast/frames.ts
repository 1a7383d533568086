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
  readonly learn: (text: string, plan: Plan, representations: readonly Representation[]) => void
}

export type Seen = { readonly plan: Plan; readonly places: readonly Place[] }

type Frame = { readonly before: Buffer; readonly after: Buffer; readonly plan: Plan }

const maxFrames = 8
const longestFrame = 8 * 1024
// Whoever writes representations in another way than most does so each time.
const maxFailures = 50
const maxLengths = 8
const comma = 44
const brace = 125
const quotationMark = 34
const endOfOne = '"}'

export function createFrames({ at }: Pick<Places, 'at'>): Frames {
  // The one that was used last comes first.
  let frames: readonly Frame[] = []
  let lengths: readonly number[] = []
  let failures = 0

  function frameOf(body: Buffer): Frame | undefined {
    const [first] = frames
    if (first && isAround(first, body)) return first
    const found = frames.find((frame) => isAround(frame, body))
    if (found) frames = [found, ...frames.filter((frame) => frame !== found)]
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
    if (place && !lengths.includes(length)) lengths = [length, ...lengths].slice(0, maxLengths)
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

  return {
    read: (body) => {
      const frame = frameOf(body)
      const places = frame && placesIn(body, frame.before.length, body.length - frame.after.length)
      return places && { plan: frame.plan, places }
    },
    learn: (text, plan, representations) => {
      if (failures >= maxFailures) return
      const list = JSON.stringify(representations).slice(1, -1)
      const start = text.indexOf(list)
      const [before, after] = [text.slice(0, start), text.slice(start + list.length)]
      // Nothing that means anything may stand behind them: it could be another list, which is the one that counts.
      if (start < 0 || before.length > longestFrame || !/^\]\}+$/.test(after)) {
        failures += 1
        return
      }
      const frame = { before: Buffer.from(before), after: Buffer.from(after), plan }
      const others = frames.filter((one) => !isSame(one, frame))
      frames = [frame, ...others].slice(0, maxFrames)
    },
  }
}

function isAround({ before, after }: Frame, body: Buffer): boolean {
  const end = body.length - after.length
  return (
    end >= before.length && before.compare(body, 0, before.length) === 0 && after.compare(body, end) === 0
  )
}

function isSame(one: Frame, other: Frame): boolean {
  return one.before.equals(other.before) && one.after.equals(other.after)
}
