import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { createDemo } from '../../src/demo.ts'
import { createSandbox, type Sandbox } from '../../src/sandbox/world.ts'
import { inFrontOf, notifyGateway } from '../../src/sandboxed.ts'
import { openPage, type View, type Watched } from '../support/browser.ts'

/** A gateway with its sandbox and the demo, as `npm start` makes it. */
export async function startDemo(t: TestContext): Promise<{ url: string; sandbox: Sandbox }> {
  const sandbox = await createSandbox()
  t.after(sandbox.close)
  const read = readConfig({ PORT: '0', LOG_LEVEL: 'silent' })
  assert.ok('config' in read)
  const config = inFrontOf(sandbox, read.config)
  const app = await createApp(config, { demo: createDemo(sandbox) })
  t.after(app.close)
  const url = await app.listen()
  notifyGateway(sandbox, url, config.notifySecret ?? assert.fail())
  return { url, sandbox }
}

export type Played = Watched & {
  readonly watch: Locator
  readonly phone: Locator
  readonly timeline: Locator
}

export type Stage = Played & { readonly url: string; readonly sandbox: Sandbox }

/** The demo's page, once both devices have read their twinnings and listen for changes. */
export async function openDemo(t: TestContext, view: View = {}): Promise<Stage> {
  assert.ok(existsSync('demo/dist/index.html'), 'the page is not built: npm run demo:build')
  const { url, sandbox } = await startDemo(t)
  return { ...(await atDemo(t, `${url}/demo`, view)), url, sandbox }
}

/** The same, of a gateway that is there already. */
export async function atDemo(t: TestContext, page: string, view: View = {}): Promise<Played> {
  const watched = await openPage(t, page, view)
  const region = (name: string) => watched.page.getByRole('region', { name })
  const played = {
    ...watched,
    watch: region('Watch'),
    phone: region('Phone'),
    timeline: region('What happens'),
  }
  await played.watch.getByText('On its own').waitFor()
  await played.phone.getByText('myCar').waitFor()
  return played
}

/** Asks on the watch; answers the code that it shows. */
export async function ask({ watch }: Played): Promise<string> {
  await watch.getByRole('button', { name: 'Ask for a twin' }).click()
  return shownCode(watch)
}

export async function shownCode(watch: Locator): Promise<string> {
  const groups = watch.locator('.code > span')
  await groups.first().waitFor()
  return (await groups.allTextContents()).join('-')
}

/** Asks on the watch, and takes its code up on the phone. */
export async function twin(stage: Played): Promise<void> {
  await takeUp(stage, await ask(stage))
}

/** Types the code of the watch on the phone; then both are twins. */
export async function takeUp({ watch, phone }: Played, code: string): Promise<void> {
  await phone.getByLabel('Code on the watch').fill(code)
  await phone.getByRole('button', { name: 'Twin', exact: true }).click()
  await watch.getByRole('link', { name: /Voice mail/ }).waitFor()
  await phone.getByRole('switch', { name: 'Twinning with myWatch' }).waitFor()
}

/** The name of what has the focus, as a screen reader would say it. */
export async function focused(page: Page): Promise<string> {
  const name = await page.evaluate<string | null>(`
    document.activeElement.labels?.[0]?.textContent
      ?? document.activeElement.getAttribute('aria-label')
      ?? document.activeElement.textContent
  `)
  return name?.trim() ?? ''
}

/** Presses Tab until the focus is on what is called so. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const seen: string[] = []
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    seen.push(await focused(page))
    if (seen.at(-1) === name) return
  }
  assert.fail(`Tab did not reach ${name}: ${seen.join(' | ')}`)
}
