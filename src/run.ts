// The gateway, and with no operator set its own sandbox in front of which it then stands.
import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { createApp } from './app.ts'
import { describeSandbox } from './banner.ts'
import { readConfig } from './config/config.ts'
import type { Sandbox } from './sandbox/world.ts'
import { inFrontOf, notifyGateway } from './sandboxed.ts'
import { report } from './telemetry/channels.ts'
import { createLog } from './telemetry/log.ts'
import { supervise } from './workers.ts'

const stopWithinMs = 10_000
const togetherMs = 500

async function run(): Promise<void> {
  // What the environment has set already stays.
  if (existsSync('.env')) process.loadEnvFile('.env')
  const read = readConfig(process.env)
  if ('problems' in read) {
    for (const { variable, fault } of read.problems) console.error(`${variable}: ${fault}`)
    process.exitCode = 1
    return
  }
  if (read.config.workers > 1 && cluster.isPrimary) {
    process.exitCode = await supervise(read.config.workers, createLog(read.config.logLevel))
    return
  }
  // Loaded only where it is meant: a gateway in front of real operators does not hold one.
  const sandbox =
    read.config.operators.length === 0
      ? await (await import('./sandbox/world.ts')).createSandbox()
      : undefined
  const config = sandbox ? inFrontOf(sandbox, read.config) : read.config
  const characters = sandbox && config.jwksUrl?.href === sandbox.issuer.jwksUrl ? await cast(sandbox) : []
  // Without the sandbox's own issuer nobody could call as its devices.
  const demo = sandbox && characters.length > 0 ? (await import('./demo.ts')).createDemo(sandbox) : undefined
  const app = await createApp(config, { characters, demo })
  // One request's mistake is told, and is not the end of all the others.
  process.on('unhandledRejection', (error) => report('error.unexpected', { error }))
  const url = await listening(app.listen)
  if (sandbox) {
    if (config.notifySecret !== undefined) notifyGateway(sandbox, url, config.notifySecret)
    console.log(describeSandbox({ url, sandbox, characters }))
  }

  onFirstSignal(async (signal) => {
    // What hangs is not waited for; the process ends with a code that says so.
    setTimeout(() => process.exit(1), config.drainMs + stopWithinMs).unref()
    // At a terminal nobody sends requests that could go elsewhere.
    if (signal === 'SIGTERM') await app.drain()
    await app.close()
    await sandbox?.close()
    cluster.worker?.disconnect()
  })
}

/**
 * A second signal ends the process at once, but not one that comes with the first: at a terminal Ctrl-C reaches us, and
 * npm, which hands it on.
 */
function onFirstSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let stopping = false
  const heard = (signal: NodeJS.Signals) => {
    if (stopping) return
    stopping = true
    void stop(signal)
    setTimeout(() => {
      for (const signal of signals) process.off(signal, heard)
    }, togetherMs).unref()
  }
  for (const signal of signals) process.on(signal, heard)
}

function cast({ characters }: Sandbox) {
  return Promise.all(
    Object.values(characters).map(async ({ name, who, token }) => ({ name, who, token: await token() })),
  )
}

/** A port that is taken, or not ours to take, is a setting to be mended. */
async function listening(listen: () => Promise<string>): Promise<string> {
  try {
    return await listen()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new Error(`HOST, PORT: can't listen there (${code})`, { cause: error })
  }
}

try {
  await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
