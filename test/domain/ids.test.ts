import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/domain/address.ts'
import { createSealer } from '../../src/domain/ids.ts'

const key = (byte: number) => Buffer.alloc(32, byte)
const device = parseAddress('tel:+15560101')!
const ref = { operatorId: 'beta', device, twinningId: 'tw-1' }
const cursor = { device, twinningId: 'tw-1', index: 7 }

test('an id opens to the twinning that it was made of', () => {
  const sealer = createSealer([key(1)])

  assert.deepEqual(sealer.openRef(sealer.sealRef(ref)), ref)
})

test('one twinning has one id on every instance with the same key', () => {
  const [one, other] = [createSealer([key(1)]), createSealer([key(1)])]

  assert.equal(one.sealRef(ref), other.sealRef({ ...ref }))
})

test('an id stays what it was when the software is new', () => {
  assert.equal(
    createSealer([key(1)]).sealRef(ref),
    'AYzmiwuyxa3IFAQ1KPjMvM7q1mlOBvObAhWf9BwOWYdgguiip6ApCza8s_vUTfaDXdt1RUUr3w83Me5f',
  )
})

test('twinnings that differ in anything differ in their ids', () => {
  const { sealRef } = createSealer([key(1)])
  const otherDevice = parseAddress('tel:+15560102')!
  const refs = [
    ref,
    { ...ref, operatorId: 'alpha' },
    { ...ref, device: otherDevice },
    { ...ref, twinningId: 'tw-2' },
  ]

  assert.equal(new Set(refs.map(sealRef)).size, 4)
})

test('an id can stand in a URL and shows neither number nor operator, in base64 or out of it', () => {
  const id = createSealer([key(1)]).sealRef(ref)

  assert.match(id, /^[\w-]+$/)
  for (const text of [id, Buffer.from(id, 'base64url').toString('latin1')])
    assert.doesNotMatch(text, /1556|0101|beta|tw-1/)
})

test('after a rotation old ids still open, and new ones are of the new key', () => {
  const old = createSealer([key(1)])
  const rotated = createSealer([key(2), key(1)])

  assert.deepEqual(rotated.openRef(old.sealRef(ref)), ref)
  assert.equal(rotated.sealRef(ref), createSealer([key(2)]).sealRef(ref))
  assert.equal(old.openRef(rotated.sealRef(ref)), undefined)
})

test('what was opened once, or was no id once, is so again', () => {
  const [one, other] = [createSealer([key(1)]), createSealer([key(2)])]
  const [id, foreign] = [one.sealRef(ref), other.sealRef(ref)]

  for (let times = 0; times < 3; times++) {
    assert.deepEqual(one.openRef(id), ref)
    assert.equal(one.openRef(foreign), undefined)
    assert.equal(one.sealRef(ref), id)
  }
})

test('an id of another key is no id', () => {
  assert.equal(createSealer([key(2)]).openRef(createSealer([key(1)]).sealRef(ref)), undefined)
})

test('a cursor is no id, and an id no cursor', () => {
  const sealer = createSealer([key(1)])

  assert.deepEqual(sealer.openCursor(sealer.sealCursor(cursor)), cursor)
  assert.equal(sealer.openRef(sealer.sealCursor(cursor)), undefined)
  assert.equal(sealer.openCursor(sealer.sealRef(ref)), undefined)
})

test('an id of which any one character is changed or missing is no id', () => {
  const { sealRef, openRef } = createSealer([key(1)])
  const id = sealRef(ref)

  for (const i of id.split('').keys()) {
    const other = id[i] === 'A' ? 'B' : 'A'
    assert.equal(openRef(id.slice(0, i) + other + id.slice(i + 1)), undefined)
    assert.equal(openRef(id.slice(0, i)), undefined)
  }
})

for (const text of ['', 'x', 'tw-1', '0', '==', 'A'.repeat(40), 'A'.repeat(3000), 'é'.repeat(60), '\u0000'])
  test(`${JSON.stringify(text.slice(0, 20))} is neither id nor cursor`, () => {
    const { openRef, openCursor } = createSealer([key(1)])

    assert.equal(openRef(text), undefined)
    assert.equal(openCursor(text), undefined)
  })

test('one id has one spelling: padding or base64 of the other alphabet is refused', () => {
  const { sealRef, openRef } = createSealer([key(1)])
  const id = sealRef(ref)

  assert.equal(openRef(`${id}=`), undefined)
  assert.equal(openRef(`${id} `), undefined)
  assert.equal(openRef(`${id}A`), undefined)
})

test('a digest is keyed: without the key, nobody can tell what it is of', () => {
  const [one, other] = [createSealer([key(1)]), createSealer([key(2)])]

  assert.equal(one.digest('1234'), createSealer([key(1)]).digest('1234'))
  assert.notEqual(one.digest('1234'), other.digest('1234'))
  assert.notEqual(one.digest('1234'), one.digest('1235'))
})
