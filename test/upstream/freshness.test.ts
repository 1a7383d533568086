import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshnessOf } from '../../src/upstream/freshness.ts'

const notKept = { store: false, freshForMs: 0, mayBeStale: false }
const freshFor = (seconds: number) => ({ store: true, freshForMs: seconds * 1000, mayBeStale: true })
const notSaid = { store: true, freshForMs: undefined, mayBeStale: true }
const neverStale = (freshness: object) => ({ ...freshness, mayBeStale: false })

const headers: [cacheControl: string | undefined, age: string | undefined, freshness: object][] = [
  [undefined, undefined, notSaid],
  ['', undefined, notSaid],
  ['public', undefined, notSaid],
  ['max-age=60', undefined, freshFor(60)],
  ['MAX-AGE=60', undefined, freshFor(60)],
  ['max-age="60"', undefined, freshFor(60)],
  ['max-age=0', undefined, freshFor(0)],
  ['max-age=60, s-maxage=10', undefined, neverStale(freshFor(10))],
  ['s-maxage=10,max-age=60', undefined, neverStale(freshFor(10))],
  ['max-age=60', '45', freshFor(15)],
  ['max-age=60', '90', freshFor(0)],
  ['max-age=60', 'old', freshFor(60)],
  ['max-age=soon', undefined, freshFor(0)],
  ['max-age', undefined, freshFor(0)],
  ['max-age=60, must-revalidate', undefined, neverStale(freshFor(60))],
  ['proxy-revalidate', undefined, neverStale(notSaid)],
  ['no-store', undefined, notKept],
  ['No-Store, max-age=60', undefined, notKept],
  ['max-age=60, no-store', undefined, notKept],
  ['private, max-age=60', undefined, notKept],
  ['private="x"', undefined, notKept],
  ['no-cache', undefined, notKept],
]
for (const [cacheControl, age, freshness] of headers)
  test(`Cache-Control ${cacheControl ?? 'unset'}, Age ${age ?? 'unset'}: ${JSON.stringify(freshness)}`, () => {
    const values: Record<string, string | undefined> = { 'cache-control': cacheControl, age }

    assert.deepEqual(
      freshnessOf((name) => values[name]),
      freshness,
    )
  })
