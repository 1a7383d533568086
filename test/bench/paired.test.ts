import assert from 'node:assert/strict'
import test from 'node:test'
import { measurePaired, summary } from '../../bench/harness/paired.ts'
import { createRandom, createZipf, quantile, shuffled } from '../../bench/harness/statistics.ts'
import type { Slice } from '../../bench/harness/wrk.ts'

function slice(requests: number): Slice {
  return { requests, seconds: 1, bytes: 0, failed: 0, p50Ms: 1, p99Ms: 2, maxMs: 3 }
}

test('a slice is compared with the limit just before and just after it, however the machine changes', async () => {
  const order: string[] = []
  let speed = 1000

  const found = await measurePaired(
    ['half', 'tenth'],
    {
      limit: () => {
        order.push('limit')
        return Promise.resolve(slice((speed += 100)))
      },
      slice: (subject) => {
        order.push(subject)
        return Promise.resolve(slice((speed + 50) / (subject === 'half' ? 2 : 10)))
      },
    },
    { least: 2, most: 5, uncertainty: 0.01 },
  )

  assert.deepEqual(order, ['limit', 'half', 'limit', 'tenth', 'limit', 'half', 'limit', 'tenth', 'limit'])
  assert.deepEqual(found.get('half')?.ratios, [0.5, 0.5])
  assert.deepEqual(found.get('tenth')?.ratios, [0.1, 0.1])
})

test('ratios that lie far apart are measured again, but not for ever', async () => {
  let at = 0
  const found = await measurePaired(
    ['restless'],
    { limit: () => Promise.resolve(slice(100)), slice: () => Promise.resolve(slice(++at % 2 ? 10 : 90)) },
    { least: 2, most: 5, uncertainty: 0.01 },
  )

  const paired = found.get('restless')
  assert.ok(paired)
  assert.deepEqual(paired.ratios, [0.1, 0.9, 0.1, 0.9, 0.1])
  assert.equal(summary(paired).ratio, 0.1)
})

test('a quantile lies between its neighbours', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5)
  assert.equal(quantile([5], 0.99), 5)
})

test('the same numbers come each time, and by Zipf the most wanted comes twice as often as the next', () => {
  const draw = () => {
    const next = createZipf(1000, createRandom(1))
    return Array.from({ length: 20_000 }, next)
  }
  const counts = [...Map.groupBy(draw(), (index) => index).values()].map(({ length }) => length)
  const [first = NaN, second = NaN] = counts.toSorted((a, b) => b - a)

  assert.deepEqual(draw(), draw())
  assert.ok(first / second > 1.8 && first / second < 2.2, `${first} and ${second}`)
})

test('shuffling loses nothing', () => {
  const values = Array.from({ length: 100 }, (_, n) => n)
  const other = shuffled(values, createRandom(1))

  assert.notDeepEqual(other, values)
  assert.deepEqual(
    other.toSorted((a, b) => a - b),
    values,
  )
})
