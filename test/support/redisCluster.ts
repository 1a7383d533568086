import { execFile } from 'node:child_process'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { findProgram } from './programs.ts'
import { startRedis, type RedisServer } from './redis.ts'
import { until } from './until.ts'

const run = promisify(execFile)

/** A real cluster of three masters, each with so many replicas, the masters first; ended with the test. */
export async function startRedisCluster(
  t: TestContext,
  { replicas = 0, args = [] }: { replicas?: number; args?: readonly string[] } = {},
): Promise<RedisServer[]> {
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', ...args]
  // A failover may come at once, and a replica that comes back need not wait for others.
  const quick = ['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0']
  const nodes = await Promise.all(
    Array.from({ length: 3 * (1 + replicas) }, () => startRedis(t, { args: [...cluster, ...quick] })),
  )
  const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const cli = findProgram('redis-server').replace(/redis-server$/, 'redis-cli')
  const create = ['--cluster', 'create', ...hosts, '--cluster-replicas', String(replicas), '--cluster-yes']
  await run(cli, create, { timeout: 30_000 })
  await until('all nodes agree', async () => (await Promise.all(nodes.map(isSound))).every(Boolean), 15_000)
  return nodes
}

/** Whether a node says that all slots are served, and, as a replica, that it holds what its master holds. */
async function isSound(node: RedisServer): Promise<boolean> {
  const [cluster, replication] = await ask(node, (client) =>
    Promise.all([client.cluster('INFO'), client.info('replication')]),
  )
  return cluster.includes('cluster_state:ok') && !replication.includes('master_link_status:down')
}

/** What a node takes itself for; `undefined` where it does not answer. */
export async function roleOf(node: RedisServer): Promise<'master' | 'replica' | undefined> {
  try {
    const replication = await ask(node, (client) => client.info('replication'))
    return replication.includes('role:master') ? 'master' : 'replica'
  } catch {
    return undefined
  }
}

async function ask<T>({ url }: RedisServer, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { commandTimeout: 1000, maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => undefined)
  try {
    return await question(client)
  } finally {
    client.disconnect()
  }
}
