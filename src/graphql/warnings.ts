import { responsePathAsArray, type GraphQLResolveInfo } from 'graphql'
import type { LeftOut } from '../domain/twinning.ts'
import type { Warning } from './context.ts'

/** Notes what the answer to a field lacks because it could not be decoded. */
export function warn(warnings: Warning[], leftOut: readonly LeftOut[], info: GraphQLResolveInfo): void {
  const path = responsePathAsArray(info.path)
  warnings.push(
    ...leftOut.map(({ problem }) => ({
      code: 'UPSTREAM_INVALID_RESPONSE' as const,
      message: problem,
      path,
    })),
  )
}
