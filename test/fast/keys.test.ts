import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nobody, type Principal } from '../../src/auth/policy.ts'
import { createKeys, longestBody } from '../../src/fast/keys.ts'

const caller: Principal = { ...nobody, scopes: new Set(['a', 'b']), token: 'one' }
const asked = (body: string, { variant = '', principal = caller } = {}) => ({
  body: Buffer.from(body, 'latin1'),
  variant,
  principal,
})
const bodyOf = (query: string, id: string) => JSON.stringify({ query, variables: { id } })

// What begins alike, ends alike, is empty, has the mark twice, first, last, in a string, or not at all.
const bodies = [
  bodyOf('{ a }', 'x'),
  bodyOf('{ a }', 'y'),
  bodyOf('{ b }', 'x'),
  bodyOf('{ a }', 'x') + ' ',
  bodyOf('{ a(b: "variables") }', 'x'),
  '{"variables":{"id":"x"},"query":"{ a }"}',
  '{"variables":{"id":"x"},"query":"{ b }"}',
  '{"variables":{"variables":{"id":"x"}},"query":"{ a }"}',
  '{"query":"{ a }","variables"',
  '{"query":"{ a }"}',
  '{"query":"{ b }"}',
  '{',
  '',
  '"variables"',
  '"variables""variables"',
  // In UTF-8, no UTF-8, and what both would be read as.
  '{"query":"{ a }","variables":{"id":"\u00c3\u00a9"}}',
  '{"query":"{ a }","variables":{"id":"\u00e9"}}',
  '{"query":"{ a }","variables":{"id":"\u00ff"}}',
]

test('each request has one name, in whatever order they come, and no two have the same', () => {
  for (const order of [bodies, bodies.toReversed()]) {
    const keys = createKeys({ forwards: false })

    const learned = order.map((body) => keys.learn(asked(body)))
    const found = order.map((body) => keys.find(asked(body)))
    const again = order.map((body) => keys.learn(asked(body)))

    assert.equal(new Set(learned).size, bodies.length)
    assert.deepEqual(found, learned)
    assert.deepEqual(again, learned)
  }
})

test('what differs in its variant or its class of caller has another name, and callers of one class have one', () => {
  const keys = createKeys({ forwards: false })
  const forwarding = createKeys({ forwards: true })
  const body = bodyOf('{ a }', 'x')
  const like = (more: Partial<Principal>) => asked(body, { principal: { ...caller, ...more } })
  const name = keys.learn(asked(body))

  const others = [
    asked(body, { variant: 'text/html' }),
    like({ scopes: new Set(['a']) }),
    like({ address: 'tel:+15550100' as NonNullable<Principal['address']> }),
    like({ everything: true }),
    like({ token: undefined }),
  ].map((one) => keys.learn(one))

  assert.equal(new Set([name, ...others]).size, 6)
  assert.equal(keys.find(like({ scopes: new Set(['b', 'a']), token: 'another' })), name)
  assert.notEqual(forwarding.learn(like({ token: 'another' })), forwarding.learn(asked(body)))
})

test('what is too long has no name', () => {
  const keys = createKeys({ forwards: false })
  const tooLong = asked(bodyOf('{ a }', 'x'.repeat(longestBody)))

  assert.deepEqual([keys.find(tooLong), keys.learn(tooLong)], [undefined, undefined])
})

test('a request that was learned keeps its name, however many others come', () => {
  const keys = createKeys({ forwards: false })
  const many = Array.from({ length: 500 }, (_, n) => asked(bodyOf(`{ a${n} ${'b'.repeat(n % 150)} }`, 'x')))
  const names = many.map((one) => keys.learn(one))

  assert.equal(new Set(names).size, 500)
  assert.deepEqual(
    many.map((one) => keys.find(one)),
    names,
  )
})
