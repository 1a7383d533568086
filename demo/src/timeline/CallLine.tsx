import type { Call } from '../api/record.ts'
import { Json } from './Json.tsx'

/** One REST call in a line; what was sent and answered on demand. */
export function CallLine({ call }: { call: Call }) {
  const { from, to, method, path, status, tookMs, request, answer } = call
  return (
    <li data-failed={status === undefined || status >= 400 || undefined}>
      <details>
        <summary>
          <span className="route">
            {from} <span aria-hidden="true">→</span>
            <span className="unseen"> to </span> {to}
          </span>{' '}
          <b className="method">{method}</b> <span className="path">{shortened(path)}</span>{' '}
          <span className="status">{status ?? 'no answer'}</span>{' '}
          <span className="took">{Math.round(tookMs)} ms</span>
        </summary>
        <Json label="Path">{path}</Json>
        {request !== undefined && <Json label="Request">{request}</Json>}
        {answer !== undefined && <Json label="Answer">{answer}</Json>}
      </details>
    </li>
  )
}

/** Addresses as people write them, ids by their beginning. */
function shortened(path: string): string {
  return decodeURIComponent(path)
    .replace(/^\/exampleAPI(\/twinning\/v1)?/, '')
    .replace(/\/(tw-\w{4})\w+$/, '/$1…')
}
