import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { findFreePort } from '../examples/federation/process.ts'
import { explainMissing, findProgram } from '../scripts/programs.js'

/** A redis-server of the bench's own, in memory only. */
export async function startRedisServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = findProgram('redis-server')
  if (program === undefined) throw new Error(explainMissing('redis-server'))
  const port = await findFreePort()
  const child = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const url = `redis://127.0.0.1:${port}`
  while (!(await answers(url))) await wait(50)
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    await redis.ping()
    return true
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}
