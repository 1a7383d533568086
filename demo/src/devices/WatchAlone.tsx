import { useFocusWhen } from './useFocus.ts'

type Props = {
  readonly title: string
  readonly busy: boolean
  /** The watch's last step has led here. */
  readonly isNew: boolean
  readonly onAsk: () => void
}

/** The watch without a pairing. */
export function WatchAlone({ title, busy, isNew, onAsk }: Props) {
  const heading = useFocusWhen<HTMLHeadingElement>(isNew)

  return (
    <div className="watch-alone">
      <h3 ref={heading} tabIndex={-1}>
        {title}
      </h3>
      <p>Ask, and type the code on your phone.</p>
      <button type="button" aria-disabled={busy} onClick={() => !busy && onAsk()}>
        Ask for a twin
      </button>
    </div>
  )
}
