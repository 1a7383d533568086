// What callers send that is more than a text. Where it leads in a path is test/oma/paths.test.ts.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { parseAddress } from '../../src/domain/address.ts'
import { createSealer } from '../../src/domain/ids.ts'
import { device, ref } from './arbitraries.ts'

const runs = { numRuns: 500 }
const pieces = ['tel:', 'SIP:', 'sips:', 'acr:', '+1', '-', '(', '555', '@', 'Beta.Example', ';', 'B=2', 'a=1', '%41', '%2f', '%0d%0a', '..', '/', '\r\n', '\0', '\u2028', '\ud800', '٣'] // prettier-ignore
const addressLike = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'binary' })))
  .map((parts) => parts.join(''))

test('an address in normal form is its own normal form, and can stand in a line', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        addressLike,
        fc.webUrl(),
        fc.emailAddress().map((mail) => `sip:${mail}`),
      ),
      (text) => {
        const address = parseAddress(text)
        if (address === undefined) return
        assert.equal(parseAddress(address), address)
        assert.match(address, /^(?:tel|sips?|acr):[\x21-\x7e]+$/)
        assert.ok(!address.split('/').includes('..'), address)
      },
    ),
    { numRuns: 5000 },
  )
})

test('however a number is set out, it is one address', () => {
  const separators = fc.array(fc.constantFrom('', '-', '.', '(', ')'), { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(fc.stringMatching(/^\d{3,12}$/), separators, (digits, between) => {
      const spelt = digits
        .split(/(?=.)/)
        .map((digit, index) => `${digit}${between[index]}`)
        .join('')
      assert.equal(parseAddress(`TEL:+${spelt}`), `tel:+${digits}`)
    }),
    runs,
  )
})

const sealer = createSealer([Buffer.alloc(32, 1)])
const cursor = fc.record(
  { device, twinningId: fc.string({ minLength: 1, unit: 'binary' }), index: fc.nat() },
  { noNullPrototype: true },
)
const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('what was sealed opens to what it was made of, and as nothing else', () => {
  fc.assert(
    fc.property(ref, cursor, (ref, cursor) => {
      const [id, place] = [sealer.sealRef(ref), sealer.sealCursor(cursor)]
      assert.deepEqual(sealer.openRef(id), ref)
      assert.deepEqual(sealer.openCursor(place), cursor)
      assert.deepEqual([sealer.openRef(place), sealer.openCursor(id)], [undefined, undefined])
    }),
    runs,
  )
})

test('with any one character changed, left out or put in, what was sealed opens to nothing', () => {
  const change = fc.record({
    at: fc.nat(),
    to: fc.oneof(fc.constantFrom(...base64url.split(/(?=.)/)), fc.string({ maxLength: 2 })),
    cut: fc.constantFrom(0, 1),
  })
  fc.assert(
    fc.property(ref, cursor, change, (ref, cursor, { at, to, cut }) => {
      for (const [text, open] of [
        [sealer.sealRef(ref), sealer.openRef],
        [sealer.sealCursor(cursor), sealer.openCursor],
      ] as const) {
        // prettier-ignore
        const from = at % text.length
        const changed = text.slice(0, from) + to + text.slice(from + cut)
        if (changed !== text) assert.equal(open(changed), undefined)
      }
    }),
    { numRuns: 2000 },
  )
})

test('whatever nobody has sealed opens to nothing', () => {
  const text = fc.oneof(fc.string(), fc.base64String(), fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from([1, ...bytes]).toString('base64url'))) // prettier-ignore
  fc.assert(
    fc.property(text, (text) => {
      assert.deepEqual([sealer.openRef(text), sealer.openCursor(text)], [undefined, undefined])
    }),
    { numRuns: 2000 },
  )
})
