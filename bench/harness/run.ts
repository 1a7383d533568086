import type { Patience } from './paired.ts'
import type { Row } from './rows.ts'
import type { StartOptions, Subject } from './subjects.ts'
import type { World } from './world.ts'

/** A run, as scenarios see it. */
export type Run = {
  readonly world: World
  /** All that are measured, started and at rest. */
  readonly subjects: readonly Subject[]
  readonly quick: boolean
  readonly patience: Patience
  /** Starts another one, which the scenario stops itself. */
  readonly start: (name: string, options?: StartOptions) => Promise<Subject>
  /** Told before and after what is to be profiled, where somebody wants that. */
  readonly profile: (subject: Subject, phase: 'start' | 'stop') => Promise<void>
  /** For whoever waits. */
  readonly say: (text: string) => void
}

export type Scenario = {
  readonly name: string
  readonly what: string
  /** Left out of a quick run, unless asked for by name. */
  readonly slow?: boolean
  readonly measure: (run: Run) => Promise<readonly Row[]>
}
