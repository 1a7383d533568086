// Two gateways in front of one world, one with the fast path and one without, which nobody may be able to tell apart.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { listen } from '../../src/telemetry/channels.ts'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'

export const idKey = Buffer.alloc(32, 7).toString('base64')

/** What a client can see of an answer, but the time. */
export type Seen = {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

export type Both = {
  readonly fast: Gateway
  readonly slow: Gateway
  /** Asks both, and answers what both have said; throws where they differ. */
  readonly ask: (
    token: string | undefined,
    body: unknown,
    headers?: Record<string, string>,
    what?: string,
  ) => Promise<Seen>
  /** How many answers the fast path has given since it was last asked. */
  readonly hits: () => number
  /** How many it has executed since then. */
  readonly executions: () => number
  /** Moves the clock. */
  readonly pass: (ms: number) => void
}

/** With a watch at beta, twinned to a phone at alpha; the clock stands still. */
export async function startBoth(t: TestContext, environment: Record<string, string> = {}): Promise<Both> {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const settings = { ID_KEY: idKey, EXPLORER: 'on', ...environment }
  const fast = await startGateway(t, { environment: { ...settings, FAST_PATH: 'on' } })
  const slow = await fast.another({ FAST_PATH: 'off' })
  seedPair(fast)
  const counted = { hits: 0, executions: 0 }
  t.after(listen('answer.atHand', () => (counted.hits += 1)))
  t.after(listen('document.atHand', () => (counted.executions += 1)))
  const take = (what: keyof typeof counted) => {
    const since = counted[what]
    counted[what] = 0
    return since
  }
  return {
    fast,
    slow,
    ask: async (token, body, headers = {}, what = '') => {
      const [one, other] = [
        await seenOf(fast.url, token, body, headers),
        await seenOf(slow.url, token, body, headers),
      ]
      assert.deepEqual({ what, ...one }, { what, ...other })
      return one
    },
    hits: () => take('hits'),
    executions: () => take('executions'),
    pass: (ms) => t.mock.timers.tick(ms),
  }
}

/** Twinnings of the watch and of the phone; where their operators say nothing of it, lifetimes are a matter of chance. */
function seedPair({ sandbox }: Gateway): void {
  const { alpha, beta } = sandbox.operators
  for (const operator of [alpha, beta]) operator.settings.cacheControl = 'max-age=60'
  beta.seed({ ownAddress: watch, id: 's1', name: 'Wätch', otherDevice: { address: phone, name: '手机' } })
  beta.seed({ ownAddress: watch, id: 's2', twinningStatus: 'Off', otherDevice: { address: phone } })
  alpha.seed({
    ownAddress: phone,
    id: 'p1',
    role: 'Primary',
    name: 'phone',
    otherDevice: { address: watch },
    primaryDeviceVMAddress: 'tel:+15550199',
  })
}

export async function seenOf(
  url: string,
  token: string | undefined,
  body: unknown,
  more: Record<string, string> = {},
): Promise<Seen> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...more,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'))
  return { status: response.status, headers, body: await response.text() }
}
