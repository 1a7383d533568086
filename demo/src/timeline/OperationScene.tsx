import type { Call, Event, Operation, Problem } from '../api/record.ts'
import { CallLine } from './CallLine.tsx'
import { Json } from './Json.tsx'

/** A GraphQL operation and the REST calls that it caused. */
export function OperationScene({ operation, calls }: { operation: Operation; calls: readonly Call[] }) {
  const { device, kind, name, document, variables, answer, problems } = operation
  return (
    <div className="scene" data-device={device} data-kind={kind}>
      <details>
        <summary>
          <span className="badge">{device}</span> <span className="kind">{kind}</span> <b>{name}</b>{' '}
          <span className="took">{tookOf(operation, calls.length)}</span>
          {isStale(operation, calls) && <span className="stale"> old data: its operator is down</span>}
        </summary>
        <Json label="Operation">{document}</Json>
        {Object.keys(variables).length > 0 && <Json label="Variables">{variables}</Json>}
        {answer !== undefined && <Json label="Answer">{answer}</Json>}
      </details>
      <Problems problems={problems} />
      {calls.length > 0 && (
        <ul className="calls">
          {calls.map((call) => (
            <CallLine key={call.key} call={call} />
          ))}
        </ul>
      )}
    </div>
  )
}

/** What a subscription told. */
export function EventScene({ event: { device, name, answer, problems } }: { event: Event }) {
  return (
    <div className="scene" data-device={device} data-kind="event">
      <details>
        <summary>
          <span className="badge">{device}</span> <span className="kind">hears</span> <b>{newsOf(answer)}</b>{' '}
          <span className="took">{name}</span>
        </summary>
        <Json label="Event">{answer}</Json>
      </details>
      <Problems problems={problems} />
    </div>
  )
}

type Told = {
  readonly data?: {
    readonly twinningChanged?: { readonly kind: string; readonly twinning: { twinningStatus: string } | null }
  } | null
}

function newsOf(answer: unknown): string {
  // By the schema, where it is no error.
  const change = (answer as Told).data?.twinningChanged
  return change ? [change.kind, change.twinning?.twinningStatus].filter(Boolean).join(', ') : 'an error'
}

function Problems({ problems }: { problems: readonly Problem[] }) {
  return problems.map(({ code, message, path }) => (
    <p className="problem" key={`${code} ${path ?? ''}`}>
      <code>{code}</code> {message}
      {path !== undefined && <small> at {path}</small>}
    </p>
  ))
}

/** The gateway has answered, without an error, from what it knew before: nothing in the answer tells. */
function isStale({ kind, answer, problems }: Operation, calls: readonly Call[]): boolean {
  return (
    kind === 'query' &&
    answer !== undefined &&
    problems.length === 0 &&
    calls.some(({ status = 500 }) => status >= 500)
  )
}

function tookOf({ kind, at, endedAt }: Operation, calls: number): string {
  if (kind === 'subscription') return endedAt === undefined ? 'open' : 'ended'
  if (endedAt === undefined) return 'under way'
  const rest = calls === 0 ? 'no REST call' : calls === 1 ? '1 REST call' : `${calls} REST calls`
  return `${endedAt - at} ms · ${rest}`
}
