// A gateway in a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export type GatewayProcess = {
  /** Where it takes GraphQL. */
  readonly url: string
  readonly close: () => Promise<void>
}

const readyWithinMs = 30_000
const stopWithinMs = 5000

/**
 * Runs a program on this very Node, and settles once the gateway that it is answers. Throws with what it has printed
 * where it ends before that, or takes too long.
 */
export async function startProcess(
  program: string,
  args: readonly string[],
  url: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A process that is killed has no time to stop what it has started.
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-10_000)))

  const close = async () => {
    process.off('exit', orphan)
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
    await ended
    clearTimeout(late)
  }

  const deadline = Date.now() + readyWithinMs
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close()
      throw new Error(`${program} did not come up:\n${printed}`)
    }
    await wait(100)
  }
  return { url, close }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
      signal: AbortSignal.timeout(2000),
    })
    return response.ok
  } catch {
    return false
  }
}

/** A port of this machine that nobody listens on: this one, or for 0 any. Throws where this one is taken. */
export async function findFreePort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new Error(`PORT: can't listen on ${wanted}`, { cause: error })
  }
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
