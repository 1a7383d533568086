import { missed } from './goals.ts'

/** One line of the table; what was not measured is absent. */
export type Row = {
  readonly scenario: string
  readonly subject: string
  /** To the limit of the same run. */
  readonly ratio?: number
  /** How far the middle half of the ratios is apart, as a share of their median. */
  readonly spread?: number
  readonly rounds?: number
  readonly perSecond?: number
  readonly limitPerSecond?: number
  readonly medianMs?: number
  readonly p99Ms?: number
  /** Calls of the operator, for each request. */
  readonly operatorCalls?: number
  /** Processor time of the subject's processes, for each request. */
  readonly cpuUs?: number
  /** Resident, at the highest. */
  readonly peakMb?: number
  readonly failed?: number
  readonly note?: string
}

const columns: readonly (readonly [string, (row: Row) => string])[] = [
  ['scenario', ({ scenario }) => scenario],
  ['who', ({ subject }) => subject],
  ['ratio', ({ ratio }) => number(ratio, ratio !== undefined && ratio < 0.1 ? 3 : 2)],
  ['±', ({ spread }) => (spread === undefined ? '' : `${Math.round(spread * 100)} %`)],
  ['per second', ({ perSecond }) => number(perSecond, 0)],
  ['limit', ({ limitPerSecond }) => number(limitPerSecond, 0)],
  ['median ms', ({ medianMs }) => number(medianMs, 2)],
  ['p99 ms', ({ p99Ms }) => number(p99Ms, 2)],
  ['operator calls', ({ operatorCalls }) => number(operatorCalls, 2)],
  ['CPU µs', ({ cpuUs }) => number(cpuUs, 0)],
  ['peak MB', ({ peakMb }) => number(peakMb, 0)],
  [
    'remarks',
    (row) => [row.note, missed(row), row.failed ? `${row.failed} FAILED` : ''].filter(Boolean).join('; '),
  ],
]

/** The table, in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((line) => line[at]?.length ?? 0)))
  const lines = cells.map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join(
    '\n',
  )
}

function number(value: number | undefined, digits: number): string {
  if (value === undefined) return ''
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
