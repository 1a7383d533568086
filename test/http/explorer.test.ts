import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { buildSchema } from 'graphql'
import { createHandler } from 'graphql-http/lib/use/fastify'
import { registerExplorer, type ExplorerOptions } from '../../src/http/explorer.ts'
import { openExplorer } from '../support/explorer.ts'

test('the explorer comes whole from this server, with a first query that one press runs', async (t) => {
  const url = await startExplorer(t)

  const { page, foreign, problems, execute, pressed, shows } = await openExplorer(t, url)
  await shows('query', 'query FirstLook {')
  await execute()
  await shows('answer', '"caller": "Bearer watch-token"')

  assert.deepEqual(foreign, [])
  assert.deepEqual(problems, [])
  assert.deepEqual(await pressed(), ['watch'])
  assert.equal(await page.title(), 'twinning-gateway')
  assert.equal(await page.getByRole('status').textContent(), 'the watch itself')
})

test('one click calls as somebody else, also after a reload, another as nobody', async (t) => {
  const url = await startExplorer(t)
  const { page, callAs, execute, pressed, shows } = await openExplorer(t, url)

  await callAs('phone')
  const introspection = page.waitForRequest((request) => request.postData()?.includes('__schema') ?? false)
  await page.reload()

  assert.equal(await (await introspection).headerValue('authorization'), 'Bearer phone-token')
  assert.deepEqual(await pressed(), ['phone'])
  await shows('query', 'query FirstLook {')
  await execute()
  await shows('answer', '"caller": "Bearer phone-token"')
  await callAs('nobody')
  await execute()
  await shows('answer', '"caller": "nobody"')
  assert.deepEqual(await pressed(), ['nobody'])
})

test('a header that was typed into the headers pane wins', async (t) => {
  const url = await startExplorer(t)
  const { page, execute, shows } = await openExplorer(t, url)

  await page.getByRole('button', { name: 'Headers' }).click()
  const pane = page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)')
  await pane.locator('.monaco-editor .view-line').click()
  await page.keyboard.insertText('{ "Authorization": "Bearer typed" }')
  await pane.filter({ hasText: '"Bearer typed"' }).waitFor()
  await execute()

  await shows('answer', '"caller": "Bearer typed"')
})

test('a subscription says in its first message who calls', async (t) => {
  const url = await startExplorer(t, { firstQuery: 'subscription Ticks { tick }' })
  const { page, problems, callAs, execute, shows } = await openExplorer(t, url)
  const received: unknown[] = []
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    socket.onMessage((text) => {
      const message = JSON.parse(String(text)) as { type: string; id?: string }
      received.push(message)
      if (message.type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }))
      else socket.send(JSON.stringify({ id: message.id, type: 'next', payload: { data: { tick: 1 } } }))
    })
  })
  // The route takes hold of pages that are loaded after it.
  await page.reload()

  await callAs('portal')
  await execute()
  await shows('answer', '"tick": 1')

  assert.deepEqual(received[0], {
    type: 'connection_init',
    payload: { authorization: 'Bearer portal-token' },
  })
  assert.deepEqual(problems, [])
})

test('the documentation pane shows the schema', async (t) => {
  const url = await startExplorer(t)
  const { page } = await openExplorer(t, url)

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await page.locator('.graphiql-plugin').getByRole('link', { name: 'Query' }).click()

  await page.locator('.graphiql-plugin', { hasText: 'Who is calling' }).waitFor()
})

test('without characters there is no bar, and calls carry no token', async (t) => {
  const url = await startExplorer(t, { characters: [] })

  const { page, problems, execute, shows } = await openExplorer(t, url)
  await execute()
  await shows('answer', '"caller": "nobody"')

  assert.equal(await page.getByText('Call as:').count(), 0)
  assert.deepEqual(problems, [])
})

test('a narrow screen holds the bar, the query above and the answer below', async (t) => {
  const url = await startExplorer(t)

  const { page, execute, shows } = await openExplorer(t, url, { width: 390, colorScheme: 'dark' })
  await execute()
  await shows('answer', '"caller": "Bearer watch-token"')
  const [bar, query, answer] = await Promise.all(
    ['.call-as', '.graphiql-query-editor', '.graphiql-response'].map((pane) =>
      page.locator(pane).boundingBox(),
    ),
  )

  assert.ok(bar!.y + bar!.height <= query!.y && query!.y + query!.height <= answer!.y)
  assert.ok(query!.width > 300 && answer!.width > 300)
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390)
})

test('the page has a strict policy with a new nonce for each answer, and is never stored', async (t) => {
  const app = await createApp(t)

  const [first, second] = await Promise.all([app.inject('/'), app.inject('/')])

  const nonce = /'nonce-([^']+)'/.exec(String(first.headers['content-security-policy']))?.[1] ?? ''
  assert.equal(
    first.headers['content-security-policy'],
    `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ` +
      `font-src 'self' data:; connect-src 'self' ws://localhost:80 wss://localhost:80; worker-src 'self'; ` +
      `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  assert.equal(first.headers['x-content-type-options'], 'nosniff')
  assert.equal(first.headers['referrer-policy'], 'no-referrer')
  assert.equal(first.headers['cache-control'], 'no-store')
  assert.equal(second.body.includes(nonce), false)
})

test('a strange Host header does not enter the policy', async (t) => {
  const app = await createApp(t)

  const { headers } = await app.inject({ url: '/', headers: { host: "x; script-src 'unsafe-inline'" } })

  assert.match(String(headers['content-security-policy']), /; connect-src 'self'; /)
})

test('names, tokens and the first query cannot break out of the page', async (t) => {
  const hostile = `"'></SCRIPT><script>alert(1)</script>&`
  const app = await createApp(t, {
    characters: [{ name: hostile, who: hostile, token: hostile }],
    firstQuery: hostile,
  })

  const { body } = await app.inject('/')

  assert.doesNotMatch(body, /<\/SCRIPT>|<script>|alert\(1\)<\/script>/)
})

test('assets are kept for a year, compressed where the browser can', async (t) => {
  const app = await createApp(t)
  const url = await scriptUrl(app)

  const plain = await app.inject(url)
  const small = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })

  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(plain.headers['content-encoding'], undefined)
  assert.equal(small.headers['content-encoding'], 'br')
  assert.ok(small.rawPayload.length * 3 < plain.rawPayload.length)
})

test('source maps, other versions and what does not exist are not found', async (t) => {
  const app = await createApp(t)
  const url = await scriptUrl(app)

  const wrong = [
    `${url}.map`,
    url.replace(/[^/]+\/ruru/, 'older/ruru'),
    `${url}x`,
    '/explorer/',
    '/explorer/../package.json',
  ]
  const statuses = await Promise.all(wrong.map(async (path) => (await app.inject(path)).statusCode))

  assert.deepEqual(statuses, [404, 404, 404, 404, 404])
})

const firstLook: ExplorerOptions = {
  firstQuery: 'query FirstLook {\n  caller\n}\n',
  characters: [
    { name: 'watch', who: 'the watch itself', token: 'watch-token' },
    { name: 'phone', who: 'the phone it is twinned with', token: 'phone-token' },
    { name: 'portal', who: 'a partner portal', token: 'portal-token' },
    { name: 'analytics', who: 'masked addresses only', token: 'analytics-token' },
  ],
}

async function startExplorer(t: TestContext, options: Partial<ExplorerOptions> = {}): Promise<string> {
  const app = await createApp(t, options)
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function createApp(t: TestContext, options: Partial<ExplorerOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  t.after(() => app.close())
  app.all('/graphql', createHandler({ schema, rootValue, context: ({ headers }) => ({ headers }) }))
  registerExplorer(app, { ...firstLook, ...options })
  await app.ready()
  return app
}

const schema = buildSchema(`
  type Query { "Who is calling" caller: String! }
  type Subscription { tick: Int! }
`)
const rootValue = {
  caller: (_: unknown, { headers }: { headers: { authorization?: string } }) =>
    headers.authorization ?? 'nobody',
}

async function scriptUrl(app: FastifyInstance): Promise<string> {
  const { body } = await app.inject('/')
  return /"(\/explorer\/[^"]+\/ruru\.js)"/.exec(body)![1]!
}
