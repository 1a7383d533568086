import type { Problem } from '../api/record.ts'

/** What went wrong, in the API's own words, and what can be done. */
export function Trouble({
  problem,
  children,
  onAgain,
}: {
  problem: Problem | undefined
  children?: string
  onAgain?: () => void
}) {
  if (!problem) return null
  return (
    <div className="trouble" role="alert">
      <p>
        <code>{problem.code}</code> {problem.message}
      </p>
      {children && <p>{children}</p>}
      {onAgain && (
        <button type="button" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  )
}
