import type { Scenario } from '../harness/run.ts'
import { throughput } from './throughput.ts'
import { warm } from './warm.ts'

/** All scenarios, in the order in which they are measured. */
export const scenarios: readonly Scenario[] = [...warm.map(throughput)]
