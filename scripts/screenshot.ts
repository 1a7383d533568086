// `npm run demo:screenshot`: the pictures of the demo in the README, light and dark, as a browser shows it.
import { writeFileSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config/config.ts'
import { createDemo } from '../src/demo.ts'
import { createSandbox } from '../src/sandbox/world.ts'
import { inFrontOf, notifyGateway } from '../src/sandboxed.ts'
import { withFewColours } from './png.ts'
import { explainMissing, findProgram } from './programs.js'

const pictures = [
  { colorScheme: 'light', file: 'docs/images/demo.png' },
  { colorScheme: 'dark', file: 'docs/images/demo-dark.png' },
] as const

const executablePath = findProgram('chromium')
if (executablePath === undefined) throw new Error(explainMissing('chromium'))
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
})
for (const { colorScheme, file } of pictures) {
  const world = await start()
  const page = await browser.newPage({
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width: 1360, height: 960 },
  })
  await page.goto(`${world.url}/demo`)
  await play(page)
  writeFileSync(file, withFewColours(await page.screenshot()))
  await page.close()
  await world.close()
  console.log(file)
}
await browser.close()

async function start() {
  const sandbox = await createSandbox()
  const read = readConfig({ PORT: '0', LOG_LEVEL: 'silent' })
  if (!('config' in read)) throw new Error('the defaults are no settings')
  const config = inFrontOf(sandbox, read.config)
  const app = await createApp(config, { demo: createDemo(sandbox) })
  const url = await app.listen()
  if (config.notifySecret !== undefined) notifyGateway(sandbox, url, config.notifySecret)
  const close = async () => {
    await app.close()
    await sandbox.close()
  }
  return { url, close }
}

/** Up to where both are On. */
async function play(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ask for a twin' }).click()
  const groups = page.locator('.code > span')
  await groups.first().waitFor()
  await page.getByLabel('Code on the watch').fill((await groups.allTextContents()).join(''))
  await page.getByRole('button', { name: 'Twin', exact: true }).click()
  await page.getByRole('link', { name: /Voice mail/ }).waitFor()
  await page.getByText('CREATED, ON').first().waitFor()
  await page.evaluate('document.activeElement.blur()')
}
