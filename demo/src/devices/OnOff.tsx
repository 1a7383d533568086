/** A switch that says what it is and how it stands. */
export function OnOff({
  label,
  on,
  busy,
  onChange,
}: {
  label: string
  on: boolean
  busy: boolean
  onChange: (on: boolean) => void
}) {
  return (
    <button
      type="button"
      role="switch"
      className="on-off"
      aria-checked={on}
      aria-label={label}
      aria-disabled={busy}
      onClick={() => !busy && onChange(!on)}
    >
      <span className="on-off-knob" aria-hidden="true" />
      <span aria-hidden="true">{on ? 'On' : 'Off'}</span>
    </button>
  )
}
