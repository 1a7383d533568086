import { TooExpensive } from '../../errors.ts'
import type { CostLimit } from './limit.ts'

/**
 * What the objects of an answer turn out to cost: the estimate had to assume how long a page is whose size was not asked
 * for.
 */
export type Budget = {
  /** Throws TooExpensive once more has been spent than an operation may cost. */
  readonly spend: (cost: number) => void
  /** What the operation was estimated to cost; 0 before it was. */
  readonly estimated: () => number
  readonly estimate: (cost: number) => void
  /** For each event of a stream anew. */
  readonly renew: () => void
}

export function createBudget({ max, mode }: CostLimit): Budget {
  let spent = 0
  let estimated = 0
  return {
    estimated: () => estimated,
    estimate: (cost) => void (estimated = cost),
    spend: (cost) => {
      spent += cost
      if (spent > max && mode === 'enforce') throw new TooExpensive('cost', spent, max)
    },
    renew: () => (spent = 0),
  }
}
