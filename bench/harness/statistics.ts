/** The value below which this share of all lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** How far the middle half of the values is apart, as a share of the median. */
export function spread(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

/** How far off the median may be (its standard error, where errors are normal), as a share of itself. */
export function uncertainty(values: readonly number[]): number {
  return (0.93 * spread(values)) / Math.sqrt(values.length)
}

/** Numbers from 0 to below 1, the same ones each time. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Indexes below `count`, of which the n-th most wanted is wanted 1/n as often as the first (Zipf). */
export function createZipf(count: number, random: () => number): () => number {
  const sums: number[] = []
  for (let rank = 1; rank <= count; rank++) sums.push((sums.at(-1) ?? 0) + 1 / rank)
  return () => {
    const wanted = random() * (sums.at(-1) ?? 0)
    const found = sums.findIndex((sum) => sum > wanted)
    // Which are the wanted ones has nothing to do with how they are numbered.
    return (found * 7919) % count
  }
}

/** The same values in another order (Fisher and Yates). */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const left = [...values]
  const taken: T[] = []
  while (left.length > 0) {
    const at = Math.floor(random() * left.length)
    const last = left.pop()
    const found = at < left.length ? left[at] : last
    if (at < left.length && last !== undefined) left[at] = last
    if (found !== undefined) taken.push(found)
  }
  return taken
}
