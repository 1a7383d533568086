/** Chance that can be had again: the same seed makes the same choices. */
export type Random = {
  /** From 0 up to, but not including, `end`. */
  readonly below: (end: number) => number
  readonly pick: <T>(choices: readonly T[]) => T
  readonly chance: (probability: number) => boolean
  /** Some of these, in their order; all or none of them too. */
  readonly some: <T>(choices: readonly T[]) => T[]
}

/** Mulberry32: not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    pick: (choices) => choices[below(choices.length)]!,
    chance: (probability) => next() < probability,
    some: (choices) => choices.filter(() => next() < 0.5),
  }
}
