import type { ApolloCache } from '@apollo/client'
import { useMutation } from '@apollo/client/react'
import { useId, useRef, type SubmitEvent } from 'react'
import { addTwinning } from '../api/cache.ts'
import { ActivateTwinningDocument } from '../graphql/generated.ts'
import { newKey } from './key.ts'
import { useAction } from './useAction.ts'

type Props = {
  readonly cache: ApolloCache
  readonly address: string
  readonly onActivated: (id: string) => void
}

/** Takes the code that a watch shows. */
export function CodeForm({ cache, address, onActivated }: Props) {
  const { busy, problem, run, forget } = useAction()
  const [activate] = useMutation(ActivateTwinningDocument)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    const field = input.current
    if (!field || busy) return
    const variables = {
      input: { activationCode: field.value, name: 'myPhone', idempotencyKey: newKey() },
    }
    const made = await run(activate({ variables }), (data) => data.activateTwinning)
    if (!made?.twinning) {
      field.focus()
      return
    }
    field.value = ''
    addTwinning(cache, address, made.twinning)
    onActivated(made.twinning.id)
  }

  return (
    <form className="code-form" onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor={id}>Code on the watch</label>
      <div className="code-row">
        <input
          id={id}
          ref={input}
          placeholder="BCDF-GHJK"
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={32}
          aria-invalid={problem !== undefined}
          aria-describedby={problem && `${id}-problem`}
          onChange={problem && forget}
        />
        <button type="submit" aria-disabled={busy}>
          Twin
        </button>
      </div>
      {problem && (
        <p className="trouble" role="alert" id={`${id}-problem`}>
          <code>{problem.code}</code> {problem.message}
        </p>
      )}
    </form>
  )
}
