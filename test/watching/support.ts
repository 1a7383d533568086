// A subscriber as clients have it, and an operator that keeps its changes to itself.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import type { Operator } from '../../src/sandbox/operator.ts'
import type { Gateway } from '../support/gateway.ts'

export type Heard = { kind: string; twinning: { name: string | null; twinningStatus: string } | null }

const changed = 'subscription ($device: DeviceAddress) { twinningChanged(deviceAddress: $device) { kind twinning { name twinningStatus } } }' // prettier-ignore

/** Subscribes; resolves once the stream is open. `heard` grows with each event. */
export async function listen(t: TestContext, { url }: Gateway, token: string, device?: string) {
  const opened = Promise.withResolvers<undefined>()
  const heard: Heard[] = []
  const client = createClient({
    url: `${url}/graphql/stream`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    fetchFn: async (target: string, init: RequestInit) => {
      const response = await fetch(target, init)
      opened.resolve(undefined)
      return response
    },
  })
  t.after(() => client.dispose())
  const stop = client.subscribe<{ twinningChanged: Heard }>(
    { query: changed, variables: { ...(device !== undefined && { device }) } },
    {
      next: ({ data }) => {
        if (data) heard.push(data.twinningChanged)
      },
      error: () => undefined,
      complete: () => undefined,
    },
  )
  await opened.promise
  return { heard, stop }
}

/** The operator's own DELETE, of which it tells nobody. */
export async function removeSilently(
  { serverRoot }: Operator,
  accessToken: string,
  device: string,
  id: string,
) {
  const response = await fetch(`${serverRoot}/twinning/v1/${encodeURIComponent(device)}/twinnings/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${accessToken}` },
  })
  assert.equal(response.status, 204)
}

/** How often a device's list was asked for in so many ms, from now on, and how many of those were conditional. */
export async function pollsWithin(ms: number, operator: Operator, device?: string) {
  operator.clearRequests()
  await wait(ms)
  const polls = operator
    .requests()
    .filter(
      ({ method, path }) =>
        method === 'GET' &&
        (device === undefined || path.endsWith(`/${encodeURIComponent(device)}/twinnings`)),
    )
  return { count: polls.length, conditional: polls.filter(({ headers }) => headers['if-none-match']).length }
}
