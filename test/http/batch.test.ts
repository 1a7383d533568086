import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { createBatch } from '../../src/http/batch.ts'

test('what arrives in one turn is served after it, in its order', async () => {
  const served: number[] = []
  const arrive = createBatch<number>((one) => served.push(one) > 0)

  for (const one of [1, 2, 3]) arrive(one)
  assert.deepEqual(served, [])
  await turn()

  assert.deepEqual(served, [1, 2, 3])
})

test('what there is more to come of begins before the next is served, and nobody is forgotten', async () => {
  const seen: string[] = []
  const arrive = createBatch<string>((one) => {
    seen.push(one)
    if (one === 'whole') return true
    void Promise.resolve().then(() => seen.push(`more of ${one}`))
    return false
  })

  for (const one of ['a', 'b', 'whole']) arrive(one)
  for (let n = 0; n < 4; n++) await turn()
  arrive('later')
  await turn()

  assert.deepEqual(seen, ['a', 'more of a', 'b', 'more of b', 'whole', 'later', 'more of later'])
})
