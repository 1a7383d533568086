// What goes into the shared store goes there after whoever waited for it has it, and soon.
import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Write } from '../../src/cache/shared.ts'
import { createSharing } from '../../src/cache/sharing.ts'
import { until } from '../support/until.ts'
import { key } from './support.ts'

function setUp() {
  const written: string[][] = []
  const sharing = createSharing({
    write: (items) => {
      written.push(items.map(({ text }) => text))
      return Promise.resolve()
    },
  })
  const add = (text: string) =>
    sharing.add((): Write[] => [{ key: key(text), generation: { id: '1', isNew: false }, text, ttlMs: 1000 }])
  return { ...sharing, add, written }
}

test('where nothing is being loaded it is written in the next turn, all of it at once', async () => {
  const { add, written } = setUp()

  add('a')
  add('b')
  assert.deepEqual(written, [])
  await turn()

  assert.deepEqual(written, [['a', 'b']])
})

test('what comes while something is loaded is written once that is there', async (t) => {
  // However slow this machine is.
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { add, during, written } = setUp()
  let atTheEnd: unknown

  await during(async () => {
    add('a')
    await turn()
    add('b')
    atTheEnd = written.length
  })
  await turn()

  assert.equal(atTheEnd, 0)
  assert.deepEqual(written, [['a', 'b']])
})

test('a load that takes long, or fails, holds nothing back', async () => {
  const { add, during, written } = setUp()
  const { promise, reject } = Promise.withResolvers<never>()
  const loading = during(() => promise)

  add('a')
  await until('it is written', () => written.length === 1)
  add('b')
  reject(new Error('down'))
  await assert.rejects(loading, /down/)
  await turn()

  assert.deepEqual(written, [['a'], ['b']])
})
