import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { findProgram } from './programs.ts'

export type RedisServer = {
  readonly url: string
  readonly port: number
  /** Where it speaks TLS, if it does. */
  readonly tlsPort: number | undefined
  /** The process that serves now; `undefined` while stopped. */
  readonly pid: number | undefined
  /** Ends the server as a power cut would; its data is gone. */
  stop(): Promise<void>
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>
}

export type RedisOptions = {
  readonly args?: readonly string[]
  /** Tried first; the next ones are free ports. */
  readonly firstPort?: number
  readonly firstTlsPort?: number
  /** Paths of PEM files, to speak TLS as well. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string }
}

/** A real Redis of the test's own, on a free port, in memory only; ended with the test. */
export async function startRedis(
  t: TestContext,
  { args = [], firstPort, firstTlsPort, tls }: RedisOptions = {},
): Promise<RedisServer> {
  const program = findProgram('redis-server')
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  let port = firstPort ?? (await findFreePort())
  let tlsPort = tls && (firstTlsPort ?? (await findFreePort()))
  let child: ChildProcess | undefined

  const start = async () => {
    const ports = ['--port', String(port), ...(tls ? ['--tls-port', String(tlsPort), ...tlsArgs(tls)] : [])]
    child = await spawnRedis(program, [...ports, '--dir', folder, ...memoryOnly, ...args])
    return untilServing(port, child)
  }
  const stop = async () => {
    const stopped = child
    child = undefined
    if (stopped) await kill(stopped)
  }
  t.after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
  // Either port was free a moment ago, and may be another test's by now.
  for (let tries = 1; !(await start()); tries++) {
    if (tries === startTries) throw new Error(`redis-server has ended ${tries} times at its start`)
    port = await findFreePort()
    if (tls) tlsPort = await findFreePort()
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    tlsPort,
    get pid() {
      return child?.pid
    },
    stop,
    restart: async () => {
      await stop()
      if (!(await start())) throw new Error(`redis-server could not be restarted on port ${port}`)
    },
  }
}

const memoryOnly = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no']
const tlsArgs = ({ cert, key, ca }: NonNullable<RedisOptions['tls']>) =>
  ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'] // prettier-ignore
const startWithinMs = 10_000
const startTries = 5

async function spawnRedis(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  // A test process that is killed has no time for t.after.
  const orphan = () => child.kill('SIGKILL')
  process.once('exit', orphan)
  child.once('exit', () => process.off('exit', orphan))
  await once(child, 'spawn')
  return child
}

/** False where it has ended before it served. */
async function untilServing(port: number, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + startWithinMs
  while (!(await serves(port, child.pid))) {
    if (child.exitCode !== null) return false
    if (Date.now() > deadline) throw new Error(`redis-server did not serve within ${startWithinMs} ms`)
    await wait(10)
  }
  return true
}

/** Whether it is this very process that answers, and not the one that has taken its port. */
async function serves(port: number, pid: number | undefined): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1').end('INFO server\r\n')
  try {
    const answer = (await socket.toArray({ signal: AbortSignal.timeout(1000) })).join('')
    return answer.includes(`process_id:${pid}\r\n`)
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
