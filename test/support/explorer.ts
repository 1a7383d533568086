import type { TestContext } from 'node:test'
import { openPage, type View, type Watched } from './browser.ts'

export type Explorer = Watched & {
  readonly execute: () => Promise<void>
  /** Presses a button of the bar. */
  readonly callAs: (name: string) => Promise<void>
  /** The name on the pressed button of the bar. */
  readonly pressed: () => Promise<string[]>
  /** Waits until the text stands in the query editor or in the answer. */
  readonly shows: (pane: 'query' | 'answer', text: string) => Promise<void>
}

/** Opens the explorer at `url` in a fresh Chromium that reaches no other server; closed with the test. */
export async function openExplorer(t: TestContext, url: string, view: View = {}): Promise<Explorer> {
  const { page, problems, foreign } = await openPage(t, url, view)
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
