import { useState } from 'react'
import { useFocus } from './useFocus.ts'

/** A button that asks once more: what is removed is gone from both devices. */
export function Remove({ what, busy, onRemove }: { what: string; busy: boolean; onRemove: () => void }) {
  const [asking, setAsking] = useState(false)
  const first = useFocus<HTMLButtonElement>()
  const sure = useFocus<HTMLButtonElement>()

  if (!asking)
    return (
      <button
        type="button"
        className="quiet"
        ref={first.ref}
        aria-label={`Remove ${what}`}
        onClick={() => {
          setAsking(true)
          sure.focus()
        }}
      >
        Remove
      </button>
    )
  return (
    <span className="asking" role="group" aria-label={`Remove ${what}?`}>
      <button
        type="button"
        className="danger"
        ref={sure.ref}
        aria-disabled={busy}
        onClick={() => !busy && onRemove()}
      >
        Really remove
      </button>
      <button
        type="button"
        className="quiet"
        onClick={() => {
          setAsking(false)
          first.focus()
        }}
      >
        Keep
      </button>
    </span>
  )
}
