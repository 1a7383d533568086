// Documents of the clients' own making, and those of anybody else, over every transport.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import test, { type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { createLog } from '../../src/telemetry/log.ts'
import { startGateway, watch, type Gateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const mine = 'query Mine { twinningDevice { address } }'
const changes = 'subscription Changes { twinningChanged { kind twinning { name } } }'
const wide = `query Wide { ${Array.from({ length: 40 }, (_, i) => `a${i}: __typename`).join(' ')} }`
const other = '{ twinningDevice { address } }'
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const answer = { data: { twinningDevice: { address: watch } } }
const json = 'application/json'
const stream = 'text/event-stream'

function manifest(
  t: TestContext,
  documents: object = { [`sha256:${hash(mine)}`]: mine, [hash(changes)]: changes, 'wide-1': wide },
): string {
  // prettier-ignore
  const folder = mkdtempSync(join(tmpdir(), 'documents-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'documents.json')
  writeFileSync(file, JSON.stringify(documents))
  return file
}

async function startTrusting(t: TestContext, mode: string, environment: Record<string, string> = {}) {
  const gateway = await startGateway(t, {
    environment: { TRUSTED_DOCUMENTS: manifest(t), TRUSTED_DOCUMENTS_MODE: mode, ...environment },
  })
  const token = await gateway.token('twinning:read twinning:write', watch)
  return {
    gateway,
    token,
    ask: (asked: object, accept = json) => post(gateway, token, '/graphql', asked, accept),
  }
}

function post(
  { url }: Gateway,
  token: string,
  path: string,
  asked: object,
  accept: string,
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': json, accept, authorization: `Bearer ${token}` },
    body: JSON.stringify(asked),
  })
}

function get({ url }: Gateway, token: string, path: string, asked: Record<string, unknown>, accept = json) {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(asked))
    search.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  return fetch(`${url}${path}?${search.toString()}`, {
    headers: { accept, authorization: `Bearer ${token}` },
  })
}

const codes = async (response: Response) =>
  ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors.map(
    (e) => e.extensions.code,
  )
const apollo = (id: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: id } } })

for (const mode of ['any', 'prefer', 'only'])
  test(`${mode}: a trusted document is had by its id in every form, and again from what is at hand`, async (t) => {
    const { gateway, token, ask } = await startTrusting(t, mode)

    for (let times = 0; times < 2; times++)
      for (const asked of [
        { documentId: `sha256:${hash(mine)}` },
        { documentId: hash(mine) },
        apollo(hash(mine)),
        { query: mine },
        { query: mine, ...apollo(hash(mine)) },
      ])
        // prettier-ignore
        for (const response of [await ask(asked), await get(gateway, token, '/graphql', asked)])
          assert.deepEqual([response.status, await response.json()], [200, answer], JSON.stringify(asked))
  })

test('only: everything else is refused over every transport, with a code', async (t) => {
  const { gateway, token, ask } = await startTrusting(t, 'only', { EXPLORER: 'on' })
  const unknown = hash(other)

  for (const [asked, code] of [
    [{ query: other }, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: `${mine} ` }, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: other, ...apollo(hash(mine)) }, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: '{ __schema { types { name } } }' }, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: '{' }, 'QUERY_NOT_IN_SAFELIST'],
    [{ documentId: unknown }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    [{ documentId: 7 }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    [{ documentId: '__proto__' }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    [apollo(unknown), 'PERSISTED_QUERY_NOT_IN_LIST'],
    [{ documentId: hash(mine), query: mine }, 'CANNOT_SEND_PQ_ID_AND_BODY'],
  ] as const)
    for (const [path, accept] of [
      ['/graphql', 'application/graphql-response+json'],
      ['/graphql', stream],
      ['/graphql/stream', stream],
    ] as const) {
      const responses = [
        await post(gateway, token, path, asked, accept),
        await get(gateway, token, path, asked, accept),
      ]
      for (const response of responses) {
        assert.equal(response.status, 400)
        assert.deepEqual(await codes(response), [code], `${path} ${accept} ${JSON.stringify(asked)}`)
      }
    }
  assert.equal((await ask({ query: other })).status, 200)
  assert.deepEqual(await codes(await ask([{ query: mine }])), ['BAD_REQUEST'])
})

/** The type of the first message after a subscribe, and its payload. */
async function overSocket(t: TestContext, { url }: Gateway, token: string, payload: object) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  t.after(() => socket.terminate())
  const messages: { type: string; payload: unknown }[] = []
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))) // prettier-ignore
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; payload: unknown }
    if (message.type === 'connection_ack')
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    else messages.push(message)
  })
  await until('the socket is open', () => socket.readyState === WebSocket.OPEN)
  return messages
}

test('a subscription is had by its id as well, as a stream and over a WebSocket', async (t) => {
  const { gateway, token } = await startTrusting(t, 'only')
  const byId = { documentId: `sha256:${hash(changes)}` }
  const streams = [
    await post(gateway, token, '/graphql/stream', byId, stream),
    await post(gateway, token, '/graphql', byId, stream),
    await get(gateway, token, '/graphql/stream', byId, stream),
    await get(gateway, token, '/graphql/stream', apollo(hash(changes)), stream),
  ]
  const messages = await overSocket(t, gateway, token, { query: '', ...apollo(hash(changes)) })
  const refused = await overSocket(t, gateway, token, { query: 'subscription { twinningChanged { kind } }' })
  await until('the other is refused', () => refused.length > 0)

  await until('an event comes', async () => {
    gateway.sandbox.operators.beta.seed({ ownAddress: watch, id: 's1', name: 'n' })
    const href = `${gateway.sandbox.operators.beta.serverRoot}/twinning/v1/${encodeURIComponent(watch)}/twinnings/s1`
    await fetch(`${gateway.url}/notifications/beta`, {
      method: 'POST',
      headers: { authorization: 'Bearer notify-secret', 'content-type': json },
      body: JSON.stringify({ twinningNotification: { link: [{ rel: 'Twinning', href }] } }),
    })
    return messages.length > 0
  })

  assert.equal(messages[0]?.type, 'next')
  assert.deepEqual(
    refused.map(({ type, payload }) => [type, (payload as [{ extensions: object }])[0].extensions]),
    [['error', { code: 'QUERY_NOT_IN_SAFELIST' }]],
  )
  for (const { status, body } of streams) {
    assert.equal(status, 200)
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('"name":"n"')) text += (await reader.read()).value ?? assert.fail(text)
    await reader.cancel()
  }
})

test('prefer: other documents are served, counted, and told of once in the log, by nothing but their hash', async (t) => {
  const lines = new PassThrough()
  let log = ''
  lines.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const gateway = await startGateway(t, {
    environment: { TRUSTED_DOCUMENTS: manifest(t), TRUSTED_DOCUMENTS_MODE: 'prefer', FAST_PATH: 'off' },
    log: createLog('info', lines),
  })
  const token = await gateway.token('twinning:read', watch)
  const secret = '{ twinning(id: "secret") { id } }'

  for (const query of [mine, secret, secret]) assert.deepEqual((await gateway.query(token, query)).errors, [])

  const told = log.split('\n').filter((line) => line.includes('not trusted'))
  assert.deepEqual(
    told.map((line) => (JSON.parse(line) as { hash: string }).hash),
    [hash(secret)],
  )
  assert.doesNotMatch(log, /secret/)
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  assert.match(metrics, /twinning_documents_untrusted_total\{outcome="served"\} 2/)
})

test('limits hold for trusted documents, too', async (t) => {
  const { ask } = await startTrusting(t, 'only', { LIMIT_ALIASES: '39' })

  assert.deepEqual(await codes(await ask({ documentId: 'wide-1' })), ['REQUEST_LIMIT_EXCEEDED'])
})

test('a trusted change is not to be had by GET', async (t) => {
  const change = 'mutation Change { requestTwinning(input: {}) { userErrors { code } } }'
  const gateway = await startGateway(t, { environment: { TRUSTED_DOCUMENTS: manifest(t, { change }) } })
  const token = await gateway.token('twinning:write', watch)

  assert.equal((await get(gateway, token, '/graphql', { documentId: 'change' })).status, 405)
})

test('automatic persisted queries are off unless asked for', async (t) => {
  const { ask } = await startTrusting(t, 'any')

  assert.deepEqual(await codes(await ask(apollo(hash(other)))), ['PERSISTED_QUERY_NOT_SUPPORTED'])
  assert.deepEqual(await codes(await ask({ query: other, ...apollo(hash(other)) })), [
    'PERSISTED_QUERY_NOT_SUPPORTED',
  ])
})

test('automatic persisted queries are kept, as many and as long as is said, and only under their own hash', async (t) => {
  const { ask } = await startTrusting(t, 'any', {
    APQ_MAX: '2',
    APQ_TTL_S: '1',
    FAST_PATH: 'off',
    LIMIT_ALIASES: '1',
  })
  const documents = [1, 2, 3].map((n) => `query Q${n} { twinningDevice { address } }`)
  const register = async (query: string, id = hash(query)) => ask({ query, ...apollo(id) })
  const isKept = async (query: string) => {
    const body = (await (await ask(apollo(hash(query)))).json()) as {
      errors?: { extensions: { code: string } }[]
    }
    if (body.errors) assert.equal(body.errors[0]?.extensions.code, 'PERSISTED_QUERY_NOT_FOUND')
    return !body.errors
  }

  for (const query of documents) assert.deepEqual(await (await register(query)).json(), answer)
  assert.deepEqual(await Promise.all(documents.map(isKept)), [false, true, true])
  await until('their time is over', async () => !(await isKept(documents[2]!)))

  assert.equal((await register(other, hash(mine + ' '))).status, 400)
  assert.equal(await isKept(mine + ' '), false)
  assert.deepEqual(await codes(await register(wide)), ['REQUEST_LIMIT_EXCEEDED'])
  assert.equal(await isKept(wide), false)
})

test('npm run documents makes the manifest of what clients have, and says what is wrong with it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const run = () =>
    promisify(execFile)(process.execPath, ['scripts/documents.ts', join(folder, '*.graphql')], {
      encoding: 'utf8',
    })
  writeFileSync(join(folder, 'mine.graphql'), mine)

  const made = JSON.parse((await run()).stdout) as Record<string, string>

  assert.deepEqual(made, { [`sha256:${hash(mine)}`]: mine })
  writeFileSync(join(folder, 'bad.graphql'), 'query Bad { nonsense }')
  await assert.rejects(run(), /Cannot query field "nonsense"/)
})
