import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeads } from '../../src/fast/heads.ts'

const hourMs = 3_600_000
const bodyOf = (query: string) => Buffer.from(JSON.stringify({ query, variables: { id: 'x' } }))

test('a body begins with what it has up to its variables, once that is known', () => {
  const heads = createHeads()
  const body = bodyOf('{ a }')
  const before = heads.find(body)

  const learned = heads.learn(body)

  assert.equal(before.bytes.length, 0)
  assert.equal(learned.bytes.toString(), '{"query":"{ a }","variables"')
  assert.equal(heads.find(bodyOf('{ a }')), learned)
  assert.equal(heads.learn(bodyOf('{ a }')), learned)
  assert.equal(heads.find(bodyOf('{ b }')), before)
  assert.equal(heads.learn(Buffer.from('{"query":"{ a }"}')), before)
})

test('it is kept without the memory that it came in', () => {
  const pool = Buffer.alloc(100_000)
  const body = pool.subarray(5, 5 + bodyOf('{ a }').copy(pool, 5))

  const { bytes } = createHeads().learn(body)

  assert.equal(bytes.buffer.byteLength, bytes.length)
})

test('those that came first stay, as long as they are used, and others have none', () => {
  let now = 0
  const heads = createHeads(() => now)
  const bodies = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => bodyOf(`{ ${name} }`))
  const learn = () => bodies.map((body) => heads.learn(body).bytes.length > 0)
  const [first] = bodies
  assert.ok(first)

  assert.deepEqual(learn(), [true, true, true, true, true, false, false])
  now += hourMs - 1
  assert.deepEqual(learn(), [true, true, true, true, true, false, false])
  now += 1
  // All of them were used in this hour, and one in the next.
  heads.learn(bodies[5]!)
  heads.find(first)
  now += hourMs
  heads.learn(bodies[6]!)
  assert.deepEqual(
    bodies.map((body) => heads.find(body).bytes.length > 0),
    [true, false, false, false, false, false, true],
  )
})

test('there is no end of lengths to fill memory with', () => {
  let now = 0
  const heads = createHeads(() => now)
  const bodies = Array.from({ length: 150 }, (_, n) => bodyOf(`{ ${'a'.repeat(n)} }`))
  const count = () => bodies.filter((body) => heads.find(body).bytes.length > 0).length

  for (const body of bodies) heads.learn(body)
  assert.equal(count(), 100)
  for (let hour = 1; hour <= 2; hour++) {
    now += hourMs
    heads.learn(bodies.at(-1)!)
  }
  assert.equal(count(), 1)
})
