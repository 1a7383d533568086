/** Something under way; without `onLate` it has ended, or was late. */
export type Deadline = { readonly at: number; onLate: (() => void) | undefined }

/** Says what takes longer than it may. */
export type Deadlines = {
  /** From now on; `onLate` is called unless it has ended in time. */
  readonly begin: (onLate: () => void) => Deadline
  /** False where it was late already. */
  readonly end: (deadline: Deadline) => boolean
}

/** One timer for all that is under way, each of which may take so many ms. */
export function createDeadlines(ms: number): Deadlines {
  // In the order in which they are due, as all may take as long; what has ended stays until the timer comes by.
  const waiting: Deadline[] = []
  let isArmed = false

  function arm(inMs: number): void {
    isArmed = true
    setTimeout(look, inMs)
  }

  function look(): void {
    const now = performance.now()
    const next = waiting.findIndex(({ at, onLate }) => onLate && at > now)
    const due = waiting.splice(0, next < 0 ? waiting.length : next)
    const [first] = waiting
    isArmed = false
    if (first) arm(Math.ceil(first.at - now))
    // What has come while this process was busy is read before it is called late.
    if (due.some(({ onLate }) => onLate)) setImmediate(callLate, due)
  }

  return {
    begin: (onLate) => {
      const deadline = { at: performance.now() + ms, onLate }
      waiting.push(deadline)
      if (!isArmed) arm(ms)
      return deadline
    },
    end: (deadline) => {
      if (!deadline.onLate) return false
      deadline.onLate = undefined
      return true
    },
  }
}

function callLate(due: readonly Deadline[]): void {
  for (const deadline of due) {
    const { onLate } = deadline
    deadline.onLate = undefined
    onLate?.()
  }
}
