import type { TestContext } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { findProgram } from './programs.ts'

export type Explorer = {
  readonly page: Page
  /** What went wrong in the page: console errors, violations of its security policy, failed requests. */
  readonly problems: string[]
  /** What the page asked of any other server; all of it was refused. */
  readonly foreign: string[]
  readonly execute: () => Promise<void>
  /** Presses a button of the bar. */
  readonly callAs: (name: string) => Promise<void>
  /** The name on the pressed button of the bar. */
  readonly pressed: () => Promise<string[]>
  /** Waits until the text stands in the query editor or in the answer. */
  readonly shows: (pane: 'query' | 'answer', text: string) => Promise<void>
}

/** Opens the explorer at `url` in a fresh Chromium that reaches no other server; closed with the test. */
export async function openExplorer(
  t: TestContext,
  url: string,
  view: { width?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<Explorer> {
  const page = await openPage(t, view)
  const { problems, foreign } = await watch(page, new URL(url).host)
  await page.goto(url)
  await page.getByRole('button', { name: 'Execute query' }).waitFor()

  return {
    page,
    problems,
    foreign,
    execute: async () => {
      // GraphiQL ignores the button until both editors are there.
      for (const pane of Object.values(panes))
        await page.locator(`${pane} .monaco-editor .view-line`).first().waitFor()
      await page.getByRole('button', { name: 'Execute query' }).click()
    },
    callAs: (name) => page.getByRole('button', { name, exact: true }).click(),
    pressed: () => page.getByRole('button', { pressed: true }).allTextContents(),
    shows: (pane, text) => page.locator(panes[pane], { hasText: text }).waitFor(),
  }
}

const panes = { query: '.graphiql-query-editor', answer: '.graphiql-response' }
const quiet = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map(
  (part) => `--disable-${part}`,
)

async function openPage(
  t: TestContext,
  { width = 1280, colorScheme = 'light' }: { width?: number; colorScheme?: 'light' | 'dark' },
): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: findProgram('chromium'),
    args: ['--no-sandbox', '--no-first-run', ...quiet],
  })
  t.after(() => browser.close())
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  return context.newPage()
}

async function watch(page: Page, host: string): Promise<{ problems: string[]; foreign: string[] }> {
  const problems: string[] = []
  const foreign: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    // What was still loading when the test left or reloaded the page.
    if (reason !== 'net::ERR_ABORTED') problems.push(`${request.url()} failed: ${reason}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.url()} answered ${response.status()}`)
  })
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) foreign.push(socket.url())
  })
  // A context that is set offline would lose the loopback too.
  await page.context().route('**/*', async (route) => {
    const target = new URL(route.request().url())
    const own = target.host === host || target.protocol === 'data:' || target.protocol === 'blob:'
    if (own) return route.continue()
    foreign.push(target.href)
    return route.abort()
  })
  return { problems, foreign }
}
