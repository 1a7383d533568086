import type { Scenario } from '../harness/run.ts'
import { c2, c3 } from './bursts.ts'
import { c1 } from './cold.ts'
import { growth } from './growth.ts'
import { startup } from './startup.ts'
import { throughput } from './throughput.ts'
import { warm } from './warm.ts'

/** All scenarios, in the order in which they are measured. */
export const scenarios: readonly Scenario[] = [...warm.map(throughput), c1, c2, c3, growth, startup]
