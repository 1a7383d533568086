import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { ask, openDemo, twin, type Stage } from './support.ts'

test('beside the devices stands which REST calls each operation caused, also between operators', async (t) => {
  const stage = await openDemo(t)

  await twin(stage)

  await until('the calls are told', async () => {
    const calls = await callsOf(stage, 'ActivateTwinning')
    return calls.some((call) => call.startsWith('alpha to beta PUT'))
  })
  const calls = await callsOf(stage, 'ActivateTwinning')
  assert.equal(calls[0], 'gateway to alpha POST /tel:+15550100/twinnings 201')
  assert.equal(calls[1], 'alpha to beta POST /peer/v1/reservations 201')
  const asked = await callsOf(stage, 'RequestTwinning')
  assert.equal(asked[0], 'gateway to beta POST /tel:+15560101/twinnings 201')
})

test('at one operator nothing goes between operators', async (t) => {
  const stage = await openDemo(t)
  const { page, watch } = stage
  await page.getByRole('switch', { name: 'Two operators' }).uncheck()
  await watch.getByText('at operator alpha').waitFor()

  await twin(stage)

  const calls = await callsOf(stage, 'ActivateTwinning')
  assert.equal(calls[0], 'gateway to alpha POST /tel:+15550100/twinnings 201')
  assert.deepEqual(
    calls.filter((call) => call.includes('beta')),
    [],
  )
})

test('while an operator is down the page shows what a client gets, and recovers', async (t) => {
  const stage = await openDemo(t)
  const { page, watch, phone, timeline, sandbox } = stage
  await ask(stage)
  const down = page.getByRole('switch', { name: 'Operator beta is down' })

  await down.check()
  await watch.getByRole('button', { name: 'Withdraw' }).click()
  await watch.getByRole('alert').filter({ hasText: 'UPSTREAM_UNAVAILABLE' }).first().waitFor()
  await timeline.locator('li[data-failed]', { hasText: '503' }).first().waitFor()
  assert.equal(await watch.locator('.code').isVisible(), true)
  assert.equal(await phone.getByRole('alert').count(), 0)
  assert.equal(sandbox.operators.beta.faults.list().length, 1)

  await down.uncheck()
  await watch.getByRole('button', { name: 'Withdraw' }).click()
  await watch.getByText('On its own').waitFor()
  assert.equal(await watch.getByRole('alert').count(), 0)
  assert.deepEqual(sandbox.operators.beta.faults.list(), [])
})

test('what was known stays on the screen when it cannot be read again', async (t) => {
  const stage = await openDemo(t)
  const { page, watch, sandbox } = stage
  await twin(stage)
  await page.getByRole('switch', { name: 'Operator beta is down' }).check()

  // After a change elsewhere the gateway holds nothing any more; any switch has both devices read again.
  sandbox.operators.beta.seed({ ownAddress: 'tel:+15560101', name: 'another' })
  await sandbox.operators.beta.notificationsSettled()
  await page.getByRole('switch', { name: 'Operator alpha is down' }).check()

  await watch.getByText('What is shown may be out of date.').waitFor()
  assert.equal(await watch.getByRole('heading', { name: 'myPhone' }).isVisible(), true)
  await page.getByRole('switch', { name: 'Operator beta is down' }).uncheck()
  await watch.getByText('another').waitFor()
  assert.equal(await watch.getByRole('alert').count(), 0)
})

test('what an operator that is down never told is an error beside the rest, and can be asked for again', async (t) => {
  const { page, watch, phone, timeline, problems } = await openDemo(t)

  await page.getByRole('switch', { name: 'Operator alpha is down' }).check()
  await page.getByRole('switch', { name: 'Two operators' }).uncheck()
  const alert = watch.getByRole('alert').filter({ hasText: 'UPSTREAM_UNAVAILABLE' })
  await alert.waitFor()
  await timeline.getByText('at twinningDevice.twinnings').first().waitFor()
  // Read before: the phone still shows it, and the timeline says what it is worth.
  assert.equal(await phone.getByRole('heading', { name: 'myCar' }).isVisible(), true)
  await watch.getByText('Out of reach').waitFor()
  await page.getByRole('switch', { name: 'Operator alpha is down' }).uncheck()

  await watch.getByText('On its own').waitFor()
  await alert.waitFor({ state: 'detached' })
  assert.deepEqual(problems, [])
})

/** The lines of an operation's REST calls, without how long they took. */
async function callsOf({ timeline }: Stage, operation: string): Promise<string[]> {
  const lines = await timeline
    .locator('.scene', { has: timeline.page().locator('b', { hasText: operation }) })
    .locator('.calls summary')
    .allTextContents()
  return lines.map((line) =>
    line
      .replaceAll(/→|\s\d+ ms$/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
}
