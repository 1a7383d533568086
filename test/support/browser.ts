import type { TestContext } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { findProgram } from './programs.ts'

export type View = {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

export type Watched = {
  readonly page: Page
  /** What went wrong in the page: console errors, violations of its security policy, failed requests. */
  readonly problems: string[]
  /** What the page asked of any other server; all of it was refused. */
  readonly foreign: string[]
}

/** Opens `url` in a fresh Chromium that reaches no other server; closed with the test. */
export async function openPage(t: TestContext, url: string, view: View = {}): Promise<Watched> {
  const page = await newPage(t, view)
  const watched = await watch(page, new URL(url).host)
  await page.goto(url)
  return { page, ...watched }
}

const quiet = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map(
  (part) => `--disable-${part}`,
)

async function newPage(
  t: TestContext,
  { width = 1280, height = 800, colorScheme = 'light' }: View,
): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: findProgram('chromium'),
    args: ['--no-sandbox', '--no-first-run', ...quiet],
  })
  t.after(() => browser.close())
  const context = await browser.newContext({ viewport: { width, height }, colorScheme })
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
