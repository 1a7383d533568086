/** A document, or data as JSON; reachable by keyboard, as it may be wider than its place. */
export function Json({ label, children }: { label: string; children: unknown }) {
  return (
    <figure>
      <figcaption>{label}</figcaption>
      <pre tabIndex={0} role="group" aria-label={label}>
        {typeof children === 'string' ? children : JSON.stringify(children, undefined, 2)}
      </pre>
    </figure>
  )
}
