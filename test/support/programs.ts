import { explainMissing, findProgram as find, type Program } from '../../scripts/programs.js'

/** The path of a program that a test starts; throws with what to install where the machine has none. */
export function findProgram(program: Program): string {
  const path = find(program)
  if (!path) throw new Error(explainMissing(program))
  return path
}
