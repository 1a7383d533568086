import { useFocusWhen } from './useFocus.ts'

type Props = {
  readonly loading: boolean
  readonly busy: boolean
  /** The watch's last step has led here. */
  readonly isNew: boolean
  readonly onAsk: () => void
}

/** The watch without a pairing. */
export function WatchAlone({ loading, busy, isNew, onAsk }: Props) {
  const heading = useFocusWhen<HTMLHeadingElement>(isNew)

  return (
    <div className="watch-alone">
      <h3 ref={heading} tabIndex={-1}>
        {loading ? 'Looking …' : 'On its own'}
      </h3>
      <p>Ask, and type the code on your phone.</p>
      <button type="button" aria-disabled={busy} onClick={() => !busy && onAsk()}>
        Ask for a twin
      </button>
    </div>
  )
}
