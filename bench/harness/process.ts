import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

export type Started = {
  readonly pid: number
  /** From the start of the process to the first answer. */
  readonly readyMs: number
  readonly stop: () => Promise<void>
}

const readyWithinMs = 30_000
const stopWithinMs = 5000

/**
 * Runs a program on this very Node with nothing but the environment given, and waits until the URL answers with 200.
 * What it logs goes nowhere; what it complains of is told where it does not come up.
 */
export async function startNode(
  args: readonly string[],
  readyUrl: string,
  environment: NodeJS.ProcessEnv = {},
  everyMs = 5,
): Promise<Started> {
  const { PATH, HOME } = process.env
  const started = performance.now()
  const child = spawn(process.execPath, args, {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  let complaints = ''
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaints = (complaints + text).slice(-5000)))

  const stop = async () => {
    process.off('exit', orphan)
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
    await ended
    clearTimeout(late)
  }

  while (!(await answers(readyUrl))) {
    if (child.exitCode !== null || performance.now() - started > readyWithinMs) {
      await stop()
      throw new Error(`${args.join(' ')} did not come up:\n${complaints}`)
    }
    await wait(everyMs)
  }
  return { pid: child.pid ?? NaN, readyMs: performance.now() - started, stop }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
