import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createArena } from '../../src/fast/bytes.ts'

test('texts that stand one behind the other stay what they are, however long', () => {
  const put = createArena()
  const texts = Array.from({ length: 3000 }, (_, n) => `${n} ä ${'手'.repeat((n * 7) % 60)}`)
  const all = [...texts, 'x'.repeat(200_000), '', 'last']

  const kept = all.map(put)

  assert.deepEqual(
    kept.map((bytes) => bytes.toString()),
    all,
  )
  // Of its own, and few.
  const chunks = new Set(kept.map(({ buffer }) => buffer))
  assert.ok(chunks.size > 2 && chunks.size < 10, `${chunks.size} chunks`)
})
