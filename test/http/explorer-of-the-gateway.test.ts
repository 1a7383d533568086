import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { openExplorer } from '../support/explorer.ts'

test('what npm start brings can be explored offline, as each of its characters', async (t) => {
  const url = await startMain(t)

  const { problems, foreign, execute, callAs, shows } = await openExplorer(t, url)
  await shows('query', 'query MyTwinnings {')
  await execute()
  await shows('answer', '"address": "tel:+15560101"')
  await callAs('phone')
  await execute()
  await shows('answer', '"name": "myCar"')

  assert.deepEqual(foreign, [])
  assert.deepEqual(problems, [])
})

test('a subscription shows each change as it happens', async (t) => {
  const url = await startMain(t)
  const { page, problems, execute, shows } = await openExplorer(t, url)
  await shows('query', 'query MyTwinnings {')
  await page.locator('.graphiql-query-editor .monaco-editor').first().click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText('subscription Live { twinningChanged { kind twinning { name } } }')
  // GraphiQL takes its time to see which operation is meant.
  await page.locator('.graphiql-tab', { hasText: 'Live' }).waitFor()
  // Listened to from the socket's first moment: what was sent before could not be waited for any more.
  const subscribed = new Promise<void>((seen) => {
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (String(payload).includes('"subscribe"')) seen()
      }),
    )
  })
  await execute()
  await subscribed

  await page.evaluate(async () => {
    const body = JSON.stringify({
      query: 'mutation { requestTwinning(input: { name: "seen live" }) { userErrors { code } } }',
    })
    await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  })
  await shows('answer', '"name": "seen live"')

  assert.deepEqual(problems, [])
})

/** The process of `npm start` on a free port; the URL that it says it listens at. */
async function startMain(t: TestContext): Promise<string> {
  const child = spawn(process.execPath, [resolve('src/main.ts')], {
    cwd: tmpdir(),
    env: { PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  for await (const line of createInterface(child.stdout)) {
    const url = /GraphiQL +(http:\S+)/.exec(line)?.[1]
    if (url !== undefined) return url
  }
  throw new Error('npm start ended without saying where it listens')
}
