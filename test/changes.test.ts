import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import test from 'node:test'
import { createEvictions } from '../src/cache/evictions.ts'
import { createChanges, type Change } from '../src/changes.ts'
import { parseAddress } from '../src/domain/address.ts'
import { watch } from './support/gateway.ts'

type Kind = Change['kind']

const device = parseAddress(watch)!
const change = (kind: Kind, twinningId = 'tw1'): Change => ({
  kind,
  ref: { operatorId: 'beta', device, twinningId },
})

function startWatching(signal = new AbortController().signal) {
  const changes = createChanges({ evictions: createEvictions(), shared: undefined })
  return { changes, watching: changes.watch(device, signal)[Symbol.asyncIterator]() }
}

test('a watcher hears of what happened after it began, though it asks later', async () => {
  const { changes, watching } = startWatching()
  await changes.announce([change('CREATED')], 'lookout')

  const { value } = await watching.next()

  assert.deepEqual(value, change('CREATED'))
})

test('for a slow watcher 200,000 changes of one twinning are one, in the place of the first', async () => {
  const { changes, watching } = startWatching()
  await changes.announce([change('UPDATED', 'slow'), change('UPDATED', 'other')], 'lookout')
  await changes.announce(
    Array.from({ length: 200_000 }, () => change('UPDATED', 'slow')),
    'lookout',
  )
  await changes.announce([change('UPDATED', 'last')], 'lookout')

  const heard = [await watching.next(), await watching.next(), await watching.next()]

  assert.deepEqual(
    heard.map(({ value }) => (value as Change).ref.twinningId),
    ['slow', 'other', 'last'],
  )
})

const pairs: [Kind, Kind, Kind][] = [
  ['CREATED', 'UPDATED', 'CREATED'],
  ['CREATED', 'DELETED', 'DELETED'],
  ['UPDATED', 'CREATED', 'CREATED'],
  ['UPDATED', 'DELETED', 'DELETED'],
  ['DELETED', 'CREATED', 'UPDATED'],
  ['DELETED', 'UPDATED', 'UPDATED'],
]
for (const [older, newer, expected] of pairs)
  test(`to who has heard of neither, ${older} and then ${newer} are ${expected}`, async () => {
    const { changes, watching } = startWatching()
    await changes.announce([change(older), change(newer), change('UPDATED', 'next')], 'lookout')

    const heard = [await watching.next(), await watching.next()]

    assert.deepEqual(
      heard.map(({ value }) => value as Change),
      [change(expected), change('UPDATED', 'next')],
    )
  })

test('two watchers of one device do not take from each other', async () => {
  const { changes, watching } = startWatching()
  const other = changes.watch(device, new AbortController().signal)[Symbol.asyncIterator]()
  await changes.announce([change('CREATED')], 'lookout')

  const heard = [await watching.next(), await other.next()]

  assert.deepEqual(
    heard.map(({ value }) => value as Change),
    [change('CREATED'), change('CREATED')],
  )
})

test('the signal ends a watcher that waits, and one that has never asked', async () => {
  const end = new AbortController()
  const { changes, watching } = startWatching(end.signal)
  const idle = changes.watch(device, end.signal)[Symbol.asyncIterator]()
  const next = watching.next()

  end.abort()
  await changes.announce([change('CREATED')], 'lookout')

  const ended = { value: undefined, done: true }
  assert.deepEqual([await next, await idle.next()], [ended, ended])
  assert.deepEqual(getEventListeners(end.signal, 'abort'), [])
})

test('a watcher that has had enough leaves no listener', async () => {
  const { signal } = new AbortController()
  const { changes, watching } = startWatching(signal)
  await changes.announce([change('CREATED')], 'lookout')
  await watching.next()

  await watching.return?.()

  assert.deepEqual(getEventListeners(signal, 'abort'), [])
})
