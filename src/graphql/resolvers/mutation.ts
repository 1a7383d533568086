import { Refused } from '../../twinnings/refusal.ts'
import type { Context } from '../context.ts'
import type { MutationResolvers, UserError } from '../generated.ts'

export const Mutation: MutationResolvers = {
  requestTwinning: (_, { input }, context) =>
    payload(context, async ({ writer }) => visible(await writer.request(input))),
  activateTwinning: (_, { input }, context) =>
    payload(context, async ({ writer }) => visible(await writer.activate(input))),
  setTwinningStatus: (_, { input: { id, twinningStatus } }, context) =>
    payload(context, async ({ writer }) => visible(await writer.setStatus(id, twinningStatus))),
  renameTwinning: (_, { input: { id, name } }, context) =>
    payload(context, async ({ writer }) => visible(await writer.rename(id, name))),
  deleteTwinning: (_, { input: { id } }, context) =>
    payload(context, async ({ writer }) => {
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
  context: Context,
  change: (context: Context) => Promise<T>,
): Promise<Partial<T> & { userErrors: UserError[] }> {
  context.allowance.changing()
  try {
    return { ...(await change(context)), userErrors: [] }
  } catch (error) {
    if (error instanceof Refused)
      return { userErrors: [error.refusal] } as Partial<T> & { userErrors: UserError[] }
    throw error
  }
}
