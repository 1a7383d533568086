// How far it has got, on standard error: standard output may be the result.
import type { Totals } from './checkpoint.ts'

type Terminal = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>

export type Progress = {
  readonly show: (totals: Totals) => void
  /** Something that stays. */
  readonly say: (text: string) => void
  readonly end: () => void
}

const everyMs = { terminal: 200, log: 3000 }

export function createProgress(terminal: Terminal, total: number | undefined, doneBefore: number): Progress {
  const from = performance.now()
  let shownAt = from
  let bar = ''

  function show(totals: Totals): void {
    const now = performance.now()
    const done = totals.devices + totals.failed + totals.rejected
    const isLast = total !== undefined && done >= total
    if (!isLast && now - shownAt < (terminal.isTTY ? everyMs.terminal : everyMs.log)) return
    shownAt = now
    const text = describe(totals, done, total, (done - doneBefore) / ((now - from) / 1000))
    if (!terminal.isTTY) terminal.write(`${text}\n`)
    else draw(total === undefined ? text : `${barOf(done / Math.max(total, 1))} ${text}`)
  }

  function draw(text: string): void {
    terminal.write(`\r${text}\u001b[K`)
    bar = text
  }

  function say(text: string): void {
    if (bar === '') terminal.write(`${text}\n`)
    else terminal.write(`\r\u001b[K${text}\n${bar}`)
  }

  function end(): void {
    if (bar !== '') terminal.write('\n')
    bar = ''
  }
  return { show, say, end }
}

function describe(totals: Totals, done: number, total: number | undefined, perSecond: number): string {
  const of = total === undefined ? '' : ` of ${total}`
  const leftS = total === undefined || perSecond <= 0 ? undefined : Math.max(0, (total - done) / perSecond)
  const left = leftS === undefined ? '' : `, ${timeOf(leftS)} left`
  return `${done}${of} devices, ${totals.twinnings} twinnings, ${totals.failed} failed, ${perSecond.toFixed(1)}/s${left}`
}

function barOf(share: number): string {
  const full = Math.min(24, Math.floor(share * 24))
  return `[${'#'.repeat(full)}${'.'.repeat(24 - full)}] ${Math.floor(Math.min(share, 1) * 100)}%`
}

function timeOf(seconds: number): string {
  const whole = Math.ceil(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return `${h > 0 ? `${h}:` : ''}${String(m).padStart(2, '0')}:${String(s).padStart(2, '0')}`
}
