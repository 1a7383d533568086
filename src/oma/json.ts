/** A member of what may be an object; `undefined` where it is none, or lacks it. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** [ours] What may be there several times: a list, one member where a list is meant, or nothing for none. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isNothing(value) ? [] : [value]
}

/** An element that is absent; in JSON some say so by null. */
export function isNothing(value: unknown): value is null | undefined {
  return value === undefined || value === null
}
