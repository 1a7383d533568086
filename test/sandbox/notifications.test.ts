import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { activate, call, phone, request, startPair, tablet, twin, watch } from './support.ts'

type Received = { path: string | undefined; headers: IncomingHttpHeaders; body: unknown }

/** What a gateway would be to an operator: somebody who takes notifications. */
async function startReceiver(
  t: TestContext,
  { answers = true } = {},
): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = []
  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ path: incoming.url, headers: incoming.headers, body: await json(incoming) })
    server.emit('received')
    if (answers) response.writeHead(204).end()
  }
  const server = createServer((incoming, response) => void take(incoming, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/notifications/alpha`, received, server }
}

function hrefsIn(received: Received[]): unknown[] {
  return received.map(
    ({ body }) =>
      (body as { twinningNotification: { link: { href: string }[] } }).twinningNotification.link[0]?.href,
  )
}

test("a change is told to the gateway in OMA's form, with its secret", async (t) => {
  const { alpha } = await startPair(t)
  const { url, received } = await startReceiver(t)
  alpha.notifyTo({ url, secret: 'notify-secret' })

  const { resourceURL } = await request(alpha, tablet)
  await alpha.notificationsSettled()

  assert.equal(received.length, 1)
  assert.equal(received[0]?.path, '/notifications/alpha')
  assert.equal(received[0].headers.authorization, 'Bearer notify-secret')
  assert.deepEqual(received[0].body, {
    twinningNotification: { callbackData: 'alpha', link: [{ rel: 'Twinning', href: resourceURL }] },
  })
  assert.deepEqual(alpha.notifications(), [{ href: resourceURL, status: 204 }])
})

test("each operator tells of its own resources: the Primary's creation here, the Secondary's activation there", async (t) => {
  const { alpha, beta } = await startPair(t)
  const { resourceURL, activationCode } = await request(beta, watch)
  const [atAlpha, atBeta] = [await startReceiver(t), await startReceiver(t)]
  alpha.notifyTo({ url: atAlpha.url, secret: 'a' })
  beta.notifyTo({ url: atBeta.url, secret: 'b' })

  const { body } = await activate(alpha, phone, activationCode)
  await Promise.all([alpha.notificationsSettled(), beta.notificationsSettled()])

  assert.deepEqual(hrefsIn(atAlpha.received), [body.twinning.resourceURL])
  assert.deepEqual(hrefsIn(atBeta.received), [resourceURL])
})

test('a toggle and a DELETE at one operator are told by both', async (t) => {
  const { alpha, beta } = await startPair(t)
  const { primary, secondary } = await twin(alpha, beta, watch)
  const { url, received } = await startReceiver(t)
  alpha.notifyTo({ url, secret: 's' })
  beta.notifyTo({ url, secret: 's' })
  const both = [primary.resourceURL, secondary.resourceURL].toSorted()

  await call('PUT', primary.resourceURL, { ...primary, twinningStatus: 'Off' })
  await Promise.all([alpha.notificationsSettled(), beta.notificationsSettled()])
  const afterToggle = hrefsIn(received.splice(0)).toSorted()
  await call('DELETE', secondary.resourceURL)
  await Promise.all([alpha.notificationsSettled(), beta.notificationsSettled()])

  assert.deepEqual(afterToggle, both)
  assert.deepEqual(hrefsIn(received).toSorted(), both)
})

test('an answer does not wait for the gateway', async (t) => {
  const { alpha } = await startPair(t)
  const { url, server } = await startReceiver(t, { answers: false })
  alpha.notifyTo({ url, secret: 's' })
  const received = once(server, 'received')

  const { resourceURL } = await request(alpha, tablet)
  await received

  assert.equal((await call('GET', resourceURL)).status, 200)
  assert.deepEqual(alpha.notifications(), [])
})

test('a notification that fails is recorded, and nothing else', async (t) => {
  const { alpha } = await startPair(t)
  alpha.notifyTo({ url: 'http://127.0.0.1:1/', secret: 's' })

  const { resourceURL } = await request(alpha, tablet)
  await alpha.notificationsSettled()

  assert.deepEqual(alpha.notifications(), [{ href: resourceURL, error: 'TypeError: fetch failed' }])
})

test('without a target nobody is told', async (t) => {
  const { alpha } = await startPair(t)
  const { url, received } = await startReceiver(t)
  alpha.notifyTo({ url, secret: 's' })
  alpha.notifyTo(undefined)

  await request(alpha, tablet)
  await alpha.notificationsSettled()

  assert.deepEqual(received, [])
})
