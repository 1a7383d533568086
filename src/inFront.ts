import type { ApolloServerPlugin } from '@apollo/server'
import type { SharedStore } from './cache/shared.ts'
import type { Config } from './config/config.ts'
import { createFast } from './fast/fast.ts'
import type { Context } from './graphql/context.ts'
import { createFront, type Front } from './http/front.ts'

type Fast = Parameters<typeof createFast>[0]
type InFront = Pick<
  Fast,
  'schema' | 'estimateCost' | 'admit' | 'evictions' | 'cache' | 'sealer' | 'operators'
> &
  Omit<Parameters<typeof createFront>[0], 'fast' | 'maxBodyBytes'> & {
    readonly config: Config
    readonly shared: SharedStore | undefined
  }

/** What stands in front of the HTTP framework and Apollo Server, unless the settings do without (`FAST_PATH=off`). */
export function createInFront({ config, shared, ...parts }: InFront): {
  readonly front: Front | undefined
  readonly plugins: readonly ApolloServerPlugin<Context>[]
} {
  if (!config.fastPath) return { front: undefined, plugins: [] }
  const fast = createFast({
    ...parts,
    costLimit: config.cost,
    isHeard: shared?.listening ?? (() => true),
    forwards: config.operators.some(({ auth }) => auth.type === 'forward'),
    longestList: config.limits.listLength,
    cacheTags: config.cacheTags,
  })
  return {
    front: createFront({ ...parts, fast, maxBodyBytes: config.limits.bodyBytes }),
    plugins: fast.plugins,
  }
}
