// The story across two operators and two instances: the watch of beta subscribes at one instance, the phone of alpha
// activates through the other. How long until the watch has ON and the voice mail address? Beside it, as a baseline of
// the same round: how long the phone itself waits for its answer.
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config/config.ts'
import { createSandbox } from '../src/sandbox/world.ts'
import { inFrontOf, notifyGateway } from '../src/sandboxed.ts'
import { startRedisServer } from './redis.ts'

const rounds = 100
const warmUp = 10

const redis = await startRedisServer()
const sandbox = await createSandbox({ seed: false })
const [one, two] = [await startInstance(), await startInstance()]
notifyGateway(sandbox, one.url, 'notify')
const [asWatch, asPhone] = [await sandbox.characters.watch.token(), await sandbox.characters.phone.token()]

type Event = { twinning: { twinningStatus: string; voicemailAccess: object | null } | null }
let hear: (event: Event) => void = () => undefined
const client = createClient({
  url: `${two.url.replace('http', 'ws')}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${asWatch}` },
})
client.subscribe<{ twinningChanged: Event }>(
  {
    query:
      'subscription { twinningChanged { twinning { twinningStatus ... on SecondaryTwinning { voicemailAccess { address } } } } }',
  },
  { next: ({ data }) => data && hear(data.twinningChanged), error: console.error, complete: () => undefined },
)

const seen: number[] = []
const answered: number[] = []
for (let round = 0; round < warmUp + rounds; round++) {
  const { requestTwinning } = await post(two.url, asWatch, 'mutation { requestTwinning(input: {}) { twinning { activationCode } } }') // prettier-ignore
  const code = requestTwinning.twinning.activationCode ?? ''
  const started = performance.now()
  const isOn = new Promise<number>((resolve) => {
    hear = ({ twinning }) => {
      if (twinning?.twinningStatus === 'ON' && twinning.voicemailAccess) resolve(performance.now() - started)
    }
  })
  await post(one.url, asPhone, `mutation { activateTwinning(input: { activationCode: "${code}" }) { userErrors { code } } }`) // prettier-ignore
  const answeredMs = performance.now() - started
  const seenMs = await isOn
  if (round < warmUp) continue
  answered.push(answeredMs)
  seen.push(seenMs)
}

const figures = { 'the watch sees ON': seen, 'the phone has its answer': answered }
console.table(
  Object.fromEntries(
    Object.entries(figures).map(([what, values]) => [
      what,
      { 'median ms': quantile(values, 0.5), 'p99 ms': quantile(values, 0.99) },
    ]),
  ),
)
console.log(
  `ratio of the medians: ${(quantile(seen, 0.5) / quantile(answered, 0.5)).toFixed(2)} (${rounds} rounds)`,
)

await client.dispose()
await Promise.all([one.close(), two.close()])
await sandbox.close()
await redis.stop()

async function startInstance() {
  const read = readConfig({ PORT: '0', LOG_LEVEL: 'silent', REDIS_URL: redis.url, NOTIFY_SECRET: 'notify' })
  if ('problems' in read) throw new TypeError('settings of our own are right')
  const app = await createApp(inFrontOf(sandbox, read.config))
  return { url: await app.listen(), close: app.close }
}

async function post(url: string, token: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  const { data } = (await response.json()) as { data: Record<string, { twinning: Record<string, string> }> }
  return data as Record<'requestTwinning' | 'activateTwinning', { twinning: Record<string, string> }>
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Number((sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)] ?? NaN).toFixed(1))
}
