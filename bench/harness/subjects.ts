import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../examples/federation/process.ts'
import { startRedisServer } from '../redis.ts'
import { startNode } from './process.ts'
import type { Ref, World } from './world.ts'

/** Somebody who is measured: a server of GraphQL, and the Redis that it caches in. */
export type Subject = {
  readonly name: string
  readonly url: string
  readonly pid: number
  readonly readyMs: number
  readonly redisUrl: string
  /** Its own id of a twinning. */
  readonly idOf: (ref: Ref) => string
  readonly stop: () => Promise<void>
}

export type StartOptions = {
  /** More settings of the gateway. */
  readonly settings?: Readonly<Record<string, string>>
  /** Arguments of Node itself. */
  readonly execArgv?: readonly string[]
  /** A Redis that is there already, which then stays. */
  readonly redisUrl?: string
  /** What it is called in the table. */
  readonly label?: string
  /** Where the gateway's sources are, where they are not these. */
  readonly root?: string
}

export const ours = 'ours'

/** Programs in `bench/peers`, and what they are called in the table. */
export const peers: Readonly<Record<string, string>> = {
  mercurius: 'Mercurius, jit, Redis cache',
  apollo: 'Apollo Server, REST data source',
  'apollo-responses': 'Apollo Server, REST data source, response cache',
  yoga: 'Yoga, Envelop response cache',
}

/** True once `bench/node_modules` is there. */
export function hasPeers(): boolean {
  return existsSync(pathOf('../node_modules/graphql'))
}

export async function startSubject(
  name: string,
  world: World,
  { settings = {}, execArgv = [], redisUrl, label = name, root = pathOf('../..') }: StartOptions = {},
): Promise<Subject> {
  const redis = redisUrl === undefined ? await startRedisServer() : undefined
  const cacheUrl = redisUrl ?? redis?.url ?? ''
  const port = String(await findFreePort())
  const url = `http://127.0.0.1:${port}`
  const started =
    name === ours
      ? await startNode([...execArgv, ...startArguments(root)], `${url}/health/ready`, {
          ...settingsFor(world, cacheUrl, port),
          ...settings,
        })
      : await startNode(
          [...execArgv, pathOf(`../peers/${name}.ts`), port, world.operator.url, cacheUrl],
          `${url}/graphql?query=%7B__typename%7D`,
          { NODE_ENV: 'production' },
        )
  return {
    name: label,
    url,
    pid: started.pid,
    readyMs: started.readyMs,
    redisUrl: cacheUrl,
    idOf: name === ours ? world.seal : ({ device, twinningId }) => `${device}|${twinningId}`,
    stop: async () => {
      await started.stop()
      await redis?.stop()
    },
  }
}

/** What has to be set where there is an operator; everything else is as it is by default. */
function settingsFor(
  { operator, issuer, idKey }: World,
  redisUrl: string,
  port: string,
): Record<string, string> {
  return {
    PORT: port,
    OMA_SERVER_ROOT: operator.url,
    REDIS_URL: redisUrl,
    JWKS_URL: issuer.jwksUrl,
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: issuer.audience,
    ID_KEY: idKey,
    DRAIN_MS: '0',
  }
}

/** Of Node, as `npm start` has them. */
function startArguments(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [options, program = ''] = [scripts.start.split(' ').slice(2, -1), scripts.start.split(' ').at(-1)]
  return [...options, join(root, program)]
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
