import { useApolloClient, useMutation } from '@apollo/client/react'
import { removeTwinning } from '../api/cache.ts'
import {
  DeleteTwinningDocument,
  RenameTwinningDocument,
  SetTwinningStatusDocument,
  type TwinningToggle,
} from '../graphql/generated.ts'
import { useAction } from './useAction.ts'

/** What either device may do with a pairing. */
export function usePairing(id: string) {
  const { cache } = useApolloClient()
  const { busy, problem, run } = useAction()
  const [setStatus] = useMutation(SetTwinningStatusDocument)
  const [rename] = useMutation(RenameTwinningDocument)
  const [remove] = useMutation(DeleteTwinningDocument)

  return {
    busy,
    problem,
    turn: (twinningStatus: TwinningToggle) =>
      run(setStatus({ variables: { input: { id, twinningStatus } } }), (data) => data.setTwinningStatus),
    rename: (name: string) =>
      run(rename({ variables: { input: { id, name } } }), (data) => data.renameTwinning),
    remove: async () => {
      const done = await run(remove({ variables: { input: { id } } }), (data) => data.deleteTwinning)
      if (done) removeTwinning(cache, id)
      return done
    },
  }
}
