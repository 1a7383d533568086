import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { createCache } from '../../src/cache/cache.ts'
import type { Loaded } from '../../src/cache/load.ts'
import { entryName } from '../../src/cache/keys.ts'
import type { SharedStore } from '../../src/cache/shared.ts'
import { UpstreamUnavailable } from '../../src/errors.ts'
import { codec, key, loaded, openCache, type Value } from './support.ts'

const down = new UpstreamUnavailable('beta', 'could not be reached')

/** The clock stands still until it is told to go on. */
function stopClock(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 })
  return (ms) => t.mock.timers.tick(ms)
}

test('a value is loaded once and answered from memory from then on', async () => {
  const { texts, loads } = openCache()

  const first = await texts(['a'])
  const second = await texts(['a'], () => loaded('another'))

  assert.deepEqual([first, second, loads], [['a'], ['a'], [['a']]])
})

test('one load brings all that a batch lacks, and the answer has the order of the keys', async () => {
  const { texts, loads } = openCache()
  await texts(['b', 'd'])

  const answer = await texts(['a', 'b', 'c', 'd'])

  assert.deepEqual(answer, ['a', 'b', 'c', 'd'])
  assert.deepEqual(loads, [
    ['b', 'd'],
    ['a', 'c'],
  ])
})

test('a failure is its own key’s, and is not kept', async () => {
  const { texts, loads } = openCache()

  const first = await texts(['a', 'b'], ({ key }) => (key === 'a' ? new RangeError('no') : loaded('b')))
  const second = await texts(['a', 'b'])

  assert.deepEqual(
    [first, second],
    [
      ['RangeError', 'b'],
      ['a', 'b'],
    ],
  )
  assert.deepEqual(loads, [['a', 'b'], ['a']])
})

test('a load that fails as a whole fails, and leaves nothing behind', async () => {
  const { cache, texts } = openCache()

  const failing = cache.getMany([key('a')], () => Promise.reject(new RangeError('no')))

  await assert.rejects(failing, RangeError)
  assert.deepEqual(await texts(['a']), ['a'])
})

test('a load that leaves a key out is a TypeError there', async () => {
  const { cache } = openCache()

  const [outcome] = await cache.getMany([key('a')], () => Promise.resolve(new Map<string, Loaded<Value>>()))

  assert.ok(outcome instanceof TypeError)
  assert.equal(outcome.message, 'a load must answer for every key that it gets')
})

test('a value is fresh until its time is over, and then loaded again', async (t) => {
  const pass = stopClock(t)
  const { texts, loads } = openCache()
  await texts(['a'], () => loaded('old', { freshForMs: 1000 }))

  pass(999)
  const before = await texts(['a'])
  pass(1)
  const after = await texts(['a'], () => loaded('new'))

  assert.deepEqual([before, after, loads.length], [['old'], ['new'], 2])
})

for (const { what, error, passMs, answer } of [
  {
    what: 'is answered within its grace where the operator is down',
    error: down,
    passMs: 1999,
    answer: 'old',
  },
  { what: 'is not answered after its grace', error: down, passMs: 2000, answer: 'UpstreamUnavailable' },
  {
    what: 'is not answered for another error',
    error: new RangeError('no'),
    passMs: 1500,
    answer: 'RangeError',
  },
])
  test(`a value that is no longer fresh ${what}`, async (t) => {
    const pass = stopClock(t)
    const { texts, loads } = openCache()
    await texts(['a'], () => loaded('old', { freshForMs: 1000, graceMs: 1000 }))

    pass(passMs)
    const later = await texts(['a'], () => error)

    assert.deepEqual([later, loads.length], [[answer], 2])
  })

test('a stale answer does not become fresh by being given', async (t) => {
  const pass = stopClock(t)
  const { texts } = openCache()
  await texts(['a'], () => loaded('old', { freshForMs: 1000, graceMs: 1000 }))
  pass(1500)
  await texts(['a'], () => down)

  const recovered = await texts(['a'], () => loaded('new'))

  assert.deepEqual(recovered, ['new'])
})

test('what is good for no time at all is not kept', async () => {
  const { texts, loads } = openCache()

  await texts(['a'], () => loaded('a', { freshForMs: 0 }))
  await texts(['a'])

  assert.equal(loads.length, 2)
})

test('what is not fresh at all but has a grace is kept for that alone', async () => {
  const { texts } = openCache()
  const stale = { freshForMs: 0, graceMs: 1000 }

  await texts(['a'], () => loaded('old', stale))
  const failing = await texts(['a'], () => down)
  const working = await texts(['a'], () => loaded('new', stale))

  assert.deepEqual([failing, working], [['old'], ['new']])
})

test('an evicted tag takes all its keys with it, and nothing of any other tag', async () => {
  const { cache, evictions } = openCache()
  const keys = [key('a', 'one'), key('b', 'one'), key('a', 'two')]
  const load = (text: string) => () =>
    Promise.resolve(new Map(keys.map((one) => [entryName(one), loaded(text)] as const)))
  await cache.getMany(keys, load('old'))

  evictions.evict(['one'])

  assert.deepEqual(await cache.getMany(keys, load('new')), [
    { text: 'new' },
    { text: 'new' },
    { text: 'old' },
  ])
})

test('a tag is void in all caches of a process at once', async () => {
  const { evictions, texts } = openCache()
  const options = { codec, shared: undefined, maxBytes: 1000, graceFor: () => false }
  const other = createCache<Value>({ ...options, evictions })
  const load = (text: string) => () => Promise.resolve(new Map([[entryName(key('a')), loaded(text)]]))
  await other.getMany([key('a')], load('old'))
  await texts(['a'])

  evictions.evict([key('a').tag])

  assert.deepEqual(await other.getMany([key('a')], load('new')), [{ text: 'new' }])
  assert.deepEqual(await texts(['a'], () => loaded('new')), ['new'])
})

test('evicting everything leaves nothing, stale values included', async () => {
  const { evictions, texts } = openCache()
  await texts(['a'], () => loaded('old', { freshForMs: 0, graceMs: 60_000 }))

  evictions.evictAll()

  assert.deepEqual(await texts(['a'], () => down), ['UpstreamUnavailable'])
  assert.deepEqual(await texts(['a'], () => loaded('new')), ['new'])
  assert.deepEqual(await texts(['a']), ['new'])
})

for (const [what, evict] of [
  ['its tag is evicted', (e: ReturnType<typeof openCache>['evictions']) => e.evict([key('a').tag])],
  ['everything is evicted', (e: ReturnType<typeof openCache>['evictions']) => e.evictAll()],
] as const)
  test(`a load that is on its way when ${what} is answered and not kept`, async () => {
    const { texts, evictions } = openCache()

    const begun = await texts(['a'], () => {
      evict(evictions)
      return loaded('old')
    })
    const next = await texts(['a'], () => loaded('new'))

    assert.deepEqual([begun, next], [['old'], ['new']])
  })

test('what came along with a load is answered without one, unless its tag was evicted meanwhile', async () => {
  const { cache, evictions, texts, loads } = openCache()
  const put = (name: string, epoch: number) =>
    cache.put([{ key: key(name), loaded: loaded('along'), mark: { epoch, generation: undefined } }])
  const before = evictions.now()
  put('a', before)
  assert.deepEqual(await texts(['a']), ['along'])

  evictions.evict([key('a').tag])
  put('b', before)

  assert.deepEqual(await texts(['b']), ['b'])
  assert.deepEqual(loads, [['b']])
})

test('what somebody else has loaded while the store was asked is not loaded again', async () => {
  // It answers the first at once and the second late, and knows nothing: what is written to it is not there yet.
  const answers: (() => void)[] = []
  const generations = new Map([[key('a').tag, { id: 'one', isNew: false }]])
  const shared: SharedStore = {
    read: (keys) => new Promise((resolve) => answers.push(() => resolve({ texts: keys.map(() => undefined), generations }))), // prettier-ignore
    write: () => Promise.resolve(),
    evict: () => Promise.resolve(),
    takeTurn: () => Promise.resolve(true),
    listen: () => Promise.resolve(),
    listening: () => true,
    isAlone: () => true,
  }
  const { texts, loads } = openCache({ shared })

  const [first, second] = [texts(['a']), texts(['a'])]
  answers[0]?.()
  await first
  answers[1]?.()

  assert.deepEqual([await second, loads], [['a'], [['a']]])
})

test('memory holds no more than its bytes, and what was used last', async () => {
  const { texts, loads } = openCache({ maxBytes: 300 })
  await texts(['a', 'b', 'c'])
  await texts(['a'])

  await texts(['d'])

  await texts(['a', 'c', 'd'])
  assert.deepEqual(loads, [['a', 'b', 'c'], ['d']])
  await texts(['b'])
  assert.deepEqual(loads.at(-1), ['b'])
})

test('whoever remembers what was at hand learns of it once something is not any more', async () => {
  const { cache, evictions, texts } = openCache({ maxBytes: 300 })
  const put = (name: string, text: string, more?: Parameters<typeof loaded>[1]) =>
    cache.put([
      { key: key(name), loaded: loaded(text, more), mark: { epoch: evictions.now(), generation: undefined } },
    ])
  const changed = async (change: () => unknown) => {
    const before = cache.changes()
    await change()
    return cache.changes() > before
  }

  for (const [what, change, isGone] of [
    ['one that is new', () => put('a', 'one'), false],
    ['another', () => texts(['b', 'c']), false],
    ['nothing', () => texts(['a', 'b']), false],
    ['the same anew', () => put('a', 'two'), true],
    ['more than memory holds', () => texts(['d']), true],
    ['what is good for no time', () => put('a', 'three', { freshForMs: 0 }), true],
    ['a tag', () => evictions.evict([key('b').tag]), true],
    ['everything', () => evictions.evictAll(), true],
  ] as const)
    assert.equal(await changed(change), isGone, what)
})
