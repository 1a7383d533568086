import assert from 'node:assert/strict'
import { test } from 'node:test'
import { post } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { ask, focused, openDemo, shownCode, tabTo, twin } from './support.ts'

test('the whole story is played by keyboard alone, and each step leads the focus', async (t) => {
  const { page, problems, foreign, watch, phone } = await openDemo(t)
  const focusIs = (name: string | RegExp) =>
    until(`the focus is on ${name}`, async () =>
      typeof name === 'string' ? (await focused(page)) === name : name.test(await focused(page)),
    )

  await tabTo(page, 'Ask for a twin')
  await page.keyboard.press('Enter')
  const code = await shownCode(watch)
  await focusIs(/^Your code: (\w ){3}\w, (\w ){3}\w/)
  await tabTo(page, 'Code on the watch')
  await page.keyboard.type(code.replace('-', '').toLowerCase())
  await page.keyboard.press('Enter')
  await focusIs(/^myWatch/)
  await watch.getByRole('link', { name: /Voice mail/ }).waitFor()
  assert.equal(await page.locator('a').count(), 1)
  assert.equal(await watch.locator('a').getAttribute('href'), 'tel:+15550999')
  assert.equal(await phone.locator('a').count(), 0)

  await tabTo(page, 'Twinning with myWatch')
  await page.keyboard.press('Space')
  await watch.getByRole('switch', { checked: false }).waitFor()
  await watch.getByRole('link').waitFor({ state: 'detached' })
  assert.equal(await focused(page), 'Twinning with myWatch')
  await page.keyboard.press('Space')
  await watch.getByRole('switch', { checked: true }).waitFor()

  await tabTo(page, 'Rename')
  await page.keyboard.press('Enter')
  await focusIs('Name of this phone on myWatch')
  await page.keyboard.type('Ann’s phone')
  await page.keyboard.press('Enter')
  await watch.getByRole('heading', { name: 'Ann’s phone' }).waitFor()
  await focusIs('Rename')

  await tabTo(page, 'Remove myWatch')
  await page.keyboard.press('Enter')
  await focusIs('Really remove')
  await page.keyboard.press('Enter')
  await watch.getByText('On its own').waitFor()
  await phone.getByRole('heading', { name: 'myWatch' }).waitFor({ state: 'detached' })
  await focusIs('Twins of this phone')

  assert.deepEqual(foreign, [])
  assert.deepEqual(problems, [])
})

test('what happens elsewhere is shown and said on both devices as it happens', async (t) => {
  const { url, sandbox, watch, phone, problems } = await openDemo(t)
  const [asWatch, asPhone] = await Promise.all([
    sandbox.characters.watch.token(),
    sandbox.characters.phone.token(),
  ])

  const { data } = await post(
    `${url}/graphql`,
    asWatch,
    'mutation { requestTwinning(input: { name: "elsewhere" }) { twinning { activationCode } } }',
  )
  const activationCode = String(data.requestTwinning.twinning.activationCode)
  assert.equal(await shownCode(watch), activationCode)
  await watch.getByRole('status').filter({ hasText: 'The code is' }).waitFor()
  await post(
    `${url}/graphql`,
    asPhone,
    'mutation Take($code: String!) { activateTwinning(input: { activationCode: $code }) { twinning { id } } }',
    { code: activationCode },
  )

  await phone.getByRole('status').filter({ hasText: 'Twinning with elsewhere is on.' }).waitFor()
  await watch.getByRole('link', { name: /Voice mail/ }).waitFor()
  assert.deepEqual(problems, [])
})

test('a code that is wrong is said so at its field', async (t) => {
  const { page, phone } = await openDemo(t)
  const field = phone.getByLabel('Code on the watch')

  await field.fill('BCDF-BCDF')
  await page.keyboard.press('Enter')
  await phone.getByRole('alert').filter({ hasText: 'INVALID_ACTIVATION_CODE' }).waitFor()

  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  assert.equal(await focused(page), 'Code on the watch')
})

test('the watch removes what it has, too', async (t) => {
  const stage = await openDemo(t)
  const { page, watch, phone } = stage
  await twin(stage)

  await watch.getByRole('button', { name: 'Remove myPhone' }).click()
  await watch.getByRole('button', { name: 'Really remove' }).click()

  await watch.getByText('On its own').waitFor()
  await until('the focus is on what is left', async () => (await focused(page)) === 'On its own')
  await phone.getByRole('heading', { name: 'myWatch' }).waitFor({ state: 'detached' })
  await ask(stage)
})
