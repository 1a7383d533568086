import type { TwinningStatus } from '../graphql/generated.ts'

const steps = [
  'The watch asks',
  'Type its code on the phone',
  'Both turn on, live',
  'The watch calls voice mail',
]
const reached = { NONE: 0, PENDING: 1, ON: 3, OFF: 2 }

/** How far the story has come. */
export function Steps({ pairing }: { pairing: TwinningStatus | 'NONE' }) {
  const current = reached[pairing]
  return (
    <ol className="steps" aria-label="The story">
      {steps.map((step, at) => (
        <li
          key={step}
          aria-current={at === current ? 'step' : undefined}
          data-done={at < current || undefined}
        >
          {step}
        </li>
      ))}
    </ol>
  )
}
