import type { Scenario } from '../harness/run.ts'
import { c2, c3 } from './bursts.ts'
import { c1 } from './cold.ts'
import { fresh } from './fresh.ts'
import { growth } from './growth.ts'
import { fromRedis } from './redis.ts'
import { startup } from './startup.ts'
import { throughput, withOneToken, workers } from './throughput.ts'
import { w1, w3u, warm } from './warm.ts'

/** All scenarios, in the order in which they are measured. */
export const scenarios: readonly Scenario[] = [
  ...warm.map(throughput),
  withOneToken(w1),
  withOneToken(w3u),
  fresh,
  fromRedis,
  c1,
  c2,
  c3,
  growth,
  startup,
  workers,
]
