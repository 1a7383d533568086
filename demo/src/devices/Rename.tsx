import { useId, useState, type SubmitEvent } from 'react'
import { useFocus } from './useFocus.ts'

/** A button that turns into a form, and back. */
export function Rename({
  label,
  name,
  busy,
  onRename,
}: {
  label: string
  name: string
  busy: boolean
  onRename: (name: string) => Promise<unknown>
}) {
  const [open, setOpen] = useState(false)
  const input = useFocus<HTMLInputElement>()
  const button = useFocus<HTMLButtonElement>()
  const id = useId()

  function close() {
    setOpen(false)
    button.focus()
  }

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    const wanted = input.ref.current?.value.trim()
    if (!wanted || wanted === name || (await onRename(wanted))) close()
  }

  if (!open)
    return (
      <button
        type="button"
        className="quiet"
        ref={button.ref}
        onClick={() => {
          setOpen(true)
          input.focus()
        }}
      >
        Rename
      </button>
    )
  return (
    <form
      className="rename"
      onSubmit={(event) => void submit(event)}
      onKeyDown={({ key }) => {
        if (key === 'Escape') close()
      }}
    >
      <label htmlFor={id}>{label}</label>
      <input id={id} ref={input.ref} defaultValue={name} maxLength={128} autoComplete="off" />
      <button type="submit" aria-disabled={busy}>
        Save
      </button>
      <button type="button" className="quiet" onClick={close}>
        Keep
      </button>
    </form>
  )
}
