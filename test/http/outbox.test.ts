import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createOutbox } from '../../src/http/outbox.ts'
import { listen } from '../../src/telemetry/channels.ts'

/** Notes what is sent, and in which order. */
function setUp() {
  const seen: string[] = []
  const post = createOutbox()
  const letter = (body: string, { fails = false } = {}) => ({
    response: {
      end: () => {
        if (fails) throw new Error('on purpose')
        seen.push(body.slice(0, 9))
      },
      destroy: () => seen.push(`destroyed ${body}`),
    },
    body,
    encoding: 'latin1' as const,
    sent: () => seen.push(`sent ${body.slice(0, 9)}`),
  })
  return { seen, post: (...args: Parameters<typeof letter>) => post(letter(...args)) }
}

test('what is answered in one turn is sent after all of it was, in its order, before the next turn', async () => {
  const { seen, post } = setUp()
  const next = new Promise<string[]>((resolve) => setImmediate(() => resolve([...seen])))

  post('one')
  void Promise.resolve().then(() => post('two'))
  const atOnce = [...seen]

  assert.deepEqual(await next, ['one', 'two', 'sent one', 'sent two'])
  assert.deepEqual(atOnce, [])
  post('three')
  await turn()
  assert.deepEqual(seen.slice(4), ['three', 'sent three'])
})

test('what is long does not wait, nor what is before it', async () => {
  const { seen, post } = setUp()

  post('short')
  post('long'.repeat(100_000))

  assert.deepEqual(seen, ['short', 'longlongl', 'sent short', 'sent longlongl'])
  await turn()
  assert.equal(seen.length, 4)
})

test('one that can’t be sent is the end of none but itself', async (t) => {
  const { seen, post } = setUp()
  let errors = 0
  t.after(listen('error.unexpected', () => (errors += 1)))

  post('one')
  post('two', { fails: true })
  post('three')
  await turn()

  assert.deepEqual(seen.slice(0, 3), ['one', 'destroyed two', 'three'])
  assert.equal(errors, 1)
})
