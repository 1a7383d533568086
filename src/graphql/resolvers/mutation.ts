import { Refused } from '../../twinnings/refusal.ts'
import type { MutationResolvers, UserError } from '../generated.ts'

export const Mutation: MutationResolvers = {
  requestTwinning: (_, { input }, { writer }) => payload(async () => visible(await writer.request(input))),
  activateTwinning: (_, { input }, { writer }) => payload(async () => visible(await writer.activate(input))),
  setTwinningStatus: (_, { input: { id, twinningStatus } }, { writer }) =>
    payload(async () => visible(await writer.setStatus(id, twinningStatus))),
  renameTwinning: (_, { input: { id, name } }, { writer }) =>
    payload(async () => visible(await writer.rename(id, name))),
  deleteTwinning: (_, { input: { id } }, { writer }) =>
    payload(async () => {
      await writer.remove(id)
      return { deletedTwinningId: id }
    }),
}

/** Whoever changed a twinning sees what came of it. */
function visible<T>(twinning: T) {
  return { twinning: { twinning, sight: 'full' as const } }
}

/** What a person can put right becomes data; anything else stays an error. */
async function payload<T extends object>(
  change: () => Promise<T>,
): Promise<Partial<T> & { userErrors: UserError[] }> {
  try {
    return { ...(await change()), userErrors: [] }
  } catch (error) {
    if (error instanceof Refused)
      return { userErrors: [error.refusal] } as Partial<T> & { userErrors: UserError[] }
    throw error
  }
}
