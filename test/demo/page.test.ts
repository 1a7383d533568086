import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { listening, start, withOperators } from '../support/process.ts'
import { ask, openDemo, startDemo, twin } from './support.ts'

test('axe finds nothing at any step', async (t) => {
  const stage = await openDemo(t)
  const { page, watch, phone } = stage
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  // Colours are told while they change.
  await page.emulateMedia({ reducedMotion: 'reduce' })

  const alone = await violations(page)
  await ask(stage)
  await phone.getByLabel('Code on the watch').fill('BCDF-BCDF')
  await page.keyboard.press('Enter')
  await phone.getByRole('alert').waitFor()
  const pending = await violations(page)
  await watch.getByRole('button', { name: 'Withdraw' }).click()
  await twin(stage)
  await page.getByRole('switch', { name: 'Operator alpha is down' }).check()
  await phone.getByRole('switch', { name: 'Twinning with myWatch' }).click()
  await phone.getByRole('alert').waitFor()
  await phone.getByRole('button', { name: 'Rename' }).first().click()
  await page.locator('.timeline summary').first().click()
  const twins = await violations(page)
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' })
  const dark = await violations(page)

  assert.deepEqual({ alone, pending, twins, dark }, { alone: [], pending: [], twins: [], dark: [] })
})

test('at the width of a small phone nothing is wider than the screen', async (t) => {
  const stage = await openDemo(t, { width: 320, height: 640 })
  const { page, timeline, problems } = stage
  const tooWide = () =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

  const alone = await tooWide()
  await ask(stage)
  const pending = await tooWide()
  await stage.watch.getByRole('button', { name: 'Withdraw' }).click()
  await twin(stage)
  for (const summary of await timeline.locator('summary').all()) await summary.click()
  const twins = await tooWide()

  assert.deepEqual({ alone, pending, twins }, { alone: 0, pending: 0, twins: 0 })
  assert.deepEqual(problems, [])
})

test('the page runs no script and loads no style but its own files', async (t) => {
  const { url } = await startDemo(t)

  const page = await fetch(`${url}/demo`)
  const policy = page.headers.get('content-security-policy')?.split('; ') ?? []
  const asset = /src="(\/demo\/assets\/[^"]+)"/.exec(await page.text())?.[1] ?? assert.fail()
  const script = await fetch(`${url}${asset}`)

  assert.deepEqual(
    policy.filter((part) => /^(default|script|style)-src/.test(part)),
    ["default-src 'none'", "script-src 'self'", "style-src 'self'"],
  )
  assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal((await fetch(`${url}/demo/assets/nothing.js`)).status, 404)
})

test('a switch takes nothing but true and false, and no operator that is not there', async (t) => {
  const { url } = await startDemo(t)
  const flip = async (id: string, body: unknown) => {
    const response = await fetch(`${url}/demo/operators/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.status
  }

  assert.deepEqual(
    await Promise.all([flip('alpha', { down: 'yes' }), flip('gamma', { down: true })]),
    [400, 404],
  )
})

test('a switch leaves faults alone that somebody else has scripted', async (t) => {
  const { url, sandbox } = await startDemo(t)
  const { faults } = sandbox.operators.alpha
  faults.add({ delayMs: 5 })
  const flip = (down: boolean) =>
    fetch(`${url}/demo/operators/alpha`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ down }),
    })

  await flip(true)
  await flip(true)
  assert.equal(faults.list().length, 2)
  await flip(false)

  assert.deepEqual(faults.list(), [{ delayMs: 5 }])
})

test('npm start has the demo; in front of operators of somebody else it has none', async (t) => {
  const alone = await listening(start(t, {}))
  const { environment } = await withOperators(t)
  const before = await listening(start(t, environment))
  const statuses = (url: string) =>
    Promise.all(['/demo', '/demo/', '/demo/cast'].map(async (path) => (await fetch(`${url}${path}`)).status))

  assert.deepEqual(await statuses(alone), [200, 200, 200])
  assert.deepEqual(await statuses(before), [404, 404, 404])
})

type Violation = { id: string; impact: string | null; nodes: { target: string[] }[] }

/** What axe finds, of whatever weight. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)')
  return found.map(
    ({ id, impact, nodes }) => `${impact}: ${id} at ${nodes.map(({ target }) => target).join()}`,
  )
}
