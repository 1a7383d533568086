import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOutbox } from '../../src/http/outbox.ts'

/** Notes what is sent, and when. */
function noting(sent: string[]) {
  return { end: (body: string) => sent.push(body.slice(0, 9)) }
}

test('what is answered in one turn is sent after all of it was, in its order, before the next turn', async () => {
  const sent: string[] = []
  const response = noting(sent)
  const post = createOutbox()
  const next = new Promise<string[]>((resolve) => setImmediate(() => resolve([...sent])))

  post({ response, body: 'one', encoding: 'latin1' })
  void Promise.resolve().then(() => post({ response, body: 'two', encoding: 'utf8' }))
  const atOnce = [...sent]

  assert.deepEqual(await next, ['one', 'two'])
  assert.deepEqual(atOnce, [])
  post({ response, body: 'three', encoding: 'latin1' })
  await new Promise(setImmediate)
  assert.deepEqual(sent, ['one', 'two', 'three'])
})

test('what is long does not wait, nor what is before it', async () => {
  const sent: string[] = []
  const response = noting(sent)
  const post = createOutbox()

  post({ response, body: 'short', encoding: 'latin1' })
  post({ response, body: 'long'.repeat(100_000), encoding: 'latin1' })

  assert.deepEqual(sent, ['short', 'longlongl'])
  await new Promise(setImmediate)
  assert.equal(sent.length, 2)
})
