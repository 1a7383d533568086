// What a process and its children take, as Linux tells it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

// USER_HZ, which is 100 on every Linux that Node runs on.
const ticksPerSecond = 100

/** A process and all that it has started. */
export function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean)
    } catch {
      return []
    }
  })
  return [pid, ...children.flatMap((child) => family(Number(child)))]
}

/** Seconds of processor time, of all threads, since the start. */
export function cpuSeconds(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name, which comes second, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  })
}

/** Resident megabytes at the highest since `forgetPeak`. */
export function peakMegabytes(pids: readonly number[]): number {
  return sum(pids, (pid) => statusKiB(pid, 'VmHWM') / 1024)
}

/** Resident megabytes now. */
export function residentMegabytes(pids: readonly number[]): number {
  return sum(pids, (pid) => statusKiB(pid, 'VmRSS') / 1024)
}

/** From now on the peak is what it becomes. */
export function forgetPeak(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function statusKiB(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? NaN)
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}
