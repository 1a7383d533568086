// What was written and acknowledged, and what an answer must therefore not say.
import type { Target } from './world.ts'

/** Where and when an answer was asked for, and how long a write through another instance may stay unseen there. */
export type Asked = { readonly instance: string; readonly at: number; readonly unseenMs: number }

export type Truth = {
  /** A new name for a twinning; names ascend, and no two are the same. */
  readonly next: (target: Target) => string
  /** The gateway has answered that this is the name now. */
  readonly acknowledged: (target: Target, name: string, instance: string) => void
  /** What is wrong with a name that was read; `undefined`: nothing. */
  readonly problemOf: (target: Target, name: unknown, asked: Asked) => string | undefined
  readonly latest: (target: Target) => string
}

type Acknowledged = { readonly version: number; readonly at: number; readonly instance: string }

export function nameOf({ device, twinningId }: Target, version: number): string {
  return `${device} ${twinningId} v${version}`
}

export function createTruth(): Truth {
  const written = new Map<Target, number>()
  const known = new Map<Target, Acknowledged[]>()

  function isTooOld(target: Target, version: number, { instance, at, unseenMs }: Asked) {
    return known
      .get(target)
      ?.find((one) => one.version > version && one.at + (one.instance === instance ? 0 : unseenMs) <= at)
  }

  return {
    next: (target) => {
      const version = (written.get(target) ?? 0) + 1
      written.set(target, version)
      return nameOf(target, version)
    },
    acknowledged: (target, name, instance) => {
      const list = known.get(target) ?? []
      list.push({ version: versionIn(target, name) ?? NaN, at: performance.now(), instance })
      known.set(target, list)
    },
    problemOf: (target, name, asked) => {
      const version = versionIn(target, name)
      if (version === undefined) return `${nameOf(target, 0)} was answered as ${JSON.stringify(name)}`
      if (version > (written.get(target) ?? 0)) return `${String(name)} was never written`
      const newer = isTooOld(target, version, asked)
      const here = newer?.instance === asked.instance ? 'here' : 'elsewhere'
      return (
        newer &&
        `${String(name)}, though v${newer.version} was acknowledged ${here} ${Math.round(asked.at - newer.at)} ms before`
      )
    },
    latest: (target) => nameOf(target, known.get(target)?.at(-1)?.version ?? 0),
  }
}

function versionIn(target: Target, name: unknown): number | undefined {
  const [own, version] = typeof name === 'string' ? name.split(' v') : []
  return own === `${target.device} ${target.twinningId}` && version !== undefined
    ? Number(version)
    : undefined
}
