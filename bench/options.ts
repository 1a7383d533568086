import { parseArgs } from 'node:util'
import { hasPeers, ours, peers } from './harness/subjects.ts'

export type Options = {
  readonly quick: boolean
  readonly profile: boolean
  /** Names of scenarios; all where none is given. */
  readonly only: readonly string[]
  readonly subjects: readonly string[]
  /** Another checkout of the gateway, to be measured as well. */
  readonly against: string | undefined
  /** Settings of the gateway, beside those that it can't do without. */
  readonly settings: Readonly<Record<string, string>>
}

export const usage = `npm run bench -- [options]
  --quick             fewer repetitions, fewer peers: two minutes
  --only W1,W3u       these scenarios only
  --subjects ours,…   these only, of: ${[ours, ...Object.keys(peers)].join(', ')}
  --against folder    another checkout of the gateway as well, installed: what a change has brought
  --set NAME=value    a setting of the gateway, any number of times
  --profile           says in which functions the gateway spends its time`

/** What was asked for on the command line. Throws TypeError, with what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      subjects: { type: 'string' },
      against: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  })
  return {
    quick: values.quick,
    profile: values.profile,
    only: listed(values.only),
    subjects: values.subjects === undefined ? defaultSubjects(values.quick) : listed(values.subjects),
    against: values.against,
    settings: Object.fromEntries(
      values.set.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
  }
}

function defaultSubjects(quick: boolean): string[] {
  if (!hasPeers()) return [ours]
  return [ours, ...Object.keys(peers).slice(0, quick ? 1 : undefined)]
}

function listed(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}
