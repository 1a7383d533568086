import type { OperatorStates } from '../api/traffic.ts'

type Props = {
  readonly twoOperators: boolean
  readonly onTwoOperators: (two: boolean) => void
  readonly states: OperatorStates
  readonly onDown: (id: string, down: boolean) => void
}

/** Where the watch is at home, and which operator is down. */
export function Controls({ twoOperators, onTwoOperators, states, onDown }: Props) {
  return (
    <form className="controls" aria-label="The world" onSubmit={(event) => event.preventDefault()}>
      <label className="check">
        <input
          type="checkbox"
          role="switch"
          checked={twoOperators}
          onChange={({ target }) => onTwoOperators(target.checked)}
        />
        <span>Two operators</span>
      </label>
      {Object.entries(states).map(([id, down]) => (
        <label className="check fault" key={id}>
          <input
            type="checkbox"
            role="switch"
            checked={down}
            onChange={({ target }) => onDown(id, target.checked)}
          />
          <span>Operator {id} is down</span>
        </label>
      ))}
    </form>
  )
}
