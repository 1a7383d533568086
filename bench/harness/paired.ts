import { median, spread, uncertainty } from './statistics.ts'
import type { Slice } from './wrk.ts'

/** How often is repeated: at least so often, and until the median is as certain as this, but not for ever. */
export type Patience = { readonly least: number; readonly most: number; readonly uncertainty: number }

/** One subject's slices, each as a share of what the limit did just before and just after it. */
export type Paired = {
  readonly ratios: readonly number[]
  readonly slices: readonly Slice[]
  readonly limits: readonly Slice[]
}

/**
 * Takes slices in turn: the limit, a subject, the limit, the next subject, and so on. The speed of a shared machine
 * changes from second to second, so that only neighbours can be compared.
 */
export async function measurePaired<S>(
  subjects: readonly S[],
  { limit, slice }: { limit: () => Promise<Slice>; slice: (subject: S, round: number) => Promise<Slice> },
  patience: Patience,
): Promise<Map<S, Paired>> {
  const found = new Map(
    subjects.map((subject) => [
      subject,
      { ratios: [] as number[], slices: [] as Slice[], limits: [] as Slice[] },
    ]),
  )
  let before = await limit()
  for (let round = 0; round < patience.most; round++) {
    const restless = [...found].filter(([, { ratios }]) => !isSettled(ratios, patience))
    if (restless.length === 0) break
    for (const [subject, { ratios, slices, limits }] of restless) {
      const own = await slice(subject, round)
      const after = await limit()
      ratios.push(perSecond(own) / ((perSecond(before) + perSecond(after)) / 2))
      slices.push(own)
      limits.push(after)
      before = after
    }
  }
  return found
}

export function perSecond({ requests, seconds }: Slice): number {
  return requests / seconds
}

function isSettled(ratios: readonly number[], patience: Patience): boolean {
  return ratios.length >= patience.least && uncertainty(ratios) <= patience.uncertainty
}

/** What is told of slices: medians, as each may have met a bad second. */
export function summary({ ratios, slices, limits }: Paired) {
  return {
    ratio: median(ratios),
    spread: spread(ratios),
    rounds: ratios.length,
    perSecond: median(slices.map(perSecond)),
    limitPerSecond: median(limits.map(perSecond)),
    medianMs: median(slices.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(slices.map(({ p99Ms }) => p99Ms)),
    failed: slices.reduce((total, { failed }) => total + failed, 0),
  }
}
