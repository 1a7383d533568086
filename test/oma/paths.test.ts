import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAddress } from '../../src/domain/address.ts'
import { isTwinningId } from '../../src/domain/segments.ts'
import { listPath, segmentsOf, twinningIdOf, twinningPath } from '../../src/oma/paths.ts'

const segments: Record<string, string> = {
  'tel:+15560101': 'tel%3A%2B15560101',
  'sip:car-7@beta.example': 'sip%3Acar-7%40beta.example',
  'sip:a/.b/b?c@beta.example': 'sip%3Aa%2F.b%2Fb%3Fc%40beta.example',
  'sip:a%2Fb@beta.example': 'sip%3Aa%252Fb%40beta.example',
  'acr:..': 'acr%3A..',
}
for (const [address, segment] of Object.entries(segments))
  test(`${address} is one segment of a path`, () => {
    assert.equal(listPath(parseAddress(address)!), `/twinning/v1/${segment}/twinnings`)
  })

for (const [id, segment] of Object.entries({
  'tw-1': 'tw-1',
  'a/b?c#d%': 'a%2Fb%3Fc%23d%25',
  'é ': '%C3%A9%20',
}))
  test(`the twinningId ${id} is one segment of a path, and comes back from it`, () => {
    const path = twinningPath(parseAddress('tel:+15560101')!, id)

    assert.equal(path, `/twinning/v1/tel%3A%2B15560101/twinnings/${segment}`)
    assert.equal(twinningIdOf(new URL(path, 'http://op.example')), id)
  })

for (const end of [
  '',
  '.',
  '..',
  '%2e%2E',
  '%2e',
  'a%00b',
  'a%0Ab',
  'a%7Fb',
  '%E0%A4%A',
  'a%2F..%2Fb',
  '..%2Fb',
  'a%5C..',
  '%252e%252e',
  '%25252e%25252e%25252f',
  'a%2F..;x%2Fb',
  '%EF%BC%8E%EF%BC%8E',
  'a%EF%BC%8F..',
  '%E2%80%A5',
  'a%0D%0Ab',
  'a%250Ab',
  'x'.repeat(257),
])
  test(`a resourceURL that ends in /${end.slice(0, 20)} names no twinning`, () => {
    assert.equal(twinningIdOf(new URL(`http://op.example/twinnings/${end}`)), undefined)
  })

test('a linked resource names its device and its twinning, below whatever root', () => {
  const href = new URL('https://op.example/a/b/twinning/v1/tel%3A%2B15560101/twinnings/tw%2F1')

  assert.deepEqual(segmentsOf(href), { userId: 'tel:+15560101', twinningId: 'tw/1' })
})

for (const path of [
  '/',
  '/twinning/v1/x/twinnings',
  '/twinning/v1/x/twinnings/',
  '/twinning/v2/x/twinnings/1',
  '/twinning/v1/%zz/twinnings/1',
])
  test(`${path} is no linked resource`, () => {
    assert.equal(segmentsOf(new URL(path, 'https://op.example')), undefined)
  })

// What hostile texts are made of.
const pieces = ['.', '..', '/', '\\', '%2f', '%2F', '%5c', '%2e', '%252e', '%252f', '%00', '%0d%0a', ';', '?', '#', '@', 'tel:', '+1555', 'sip:', 'a', '．', '／', '‥', '\u0000', '\n', '\ud800', 'é'] // prettier-ignore
const hostile = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary' }))).map((all) => all.join('')) // prettier-ignore

/** A path is what it was made to be for whoever undoes its escapes, once or more often. */
function assertStays(path: string, segments: number) {
  assert.match(path, /^[\x21-\x7e]+$/)
  assert.equal(new URL(path, 'http://op.example').pathname, path)
  let form = path
  for (let times = 0; times < 3; times++) {
    const { pathname } = new URL(form, 'http://op.example/')
    assert.ok(pathname.startsWith('/twinning/v1/'), pathname)
    assert.doesNotMatch(form, /[\r\n\0]/)
    assert.equal(form.split('/').filter((part) => /^\.\.?$/.test(part)).length, 0)
    try {
      form = decodeURIComponent(form)
    } catch {
      break
    }
  }
  assert.equal(path.split('/').length, segments)
}

test('whatever a twinningId is, it leads nowhere but below its device, or is none', () => {
  const device = parseAddress('tel:+15560101')!
  fc.assert(
    fc.property(hostile, (id) => {
      if (!isTwinningId(id)) {
        assert.throws(() => twinningPath(device, id), TypeError)
        return
      }
      const path = twinningPath(device, id)
      assertStays(path, 6)
      assert.equal(twinningIdOf(new URL(path, 'http://op.example')), id)
    }),
    { numRuns: 2000 },
  )
})

test('whatever an address is, it leads nowhere but to its own list, or is none', () => {
  const scheme = fc.constantFrom('tel:+1', 'sip:', 'sips:', 'acr:', '', 'http://', 'TEL:')
  fc.assert(
    fc.property(scheme, hostile, fc.constantFrom('', '@op.example', ';x=1'), (...parts) => {
      const address = parseAddress(parts.join(''))
      if (address) assertStays(listPath(address), 5)
    }),
    { numRuns: 2000 },
  )
})

test('whatever a link is, it names a twinning that can stand in a path, or none', () => {
  fc.assert(
    fc.property(hostile, hostile, (device, id) => {
      const text = `https://op.example/x/twinning/v1/${device}/twinnings/${id}`
      const found = URL.canParse(text) ? segmentsOf(new URL(text)) : undefined
      if (found) assert.ok(isTwinningId(found.twinningId))
    }),
    { numRuns: 1000 },
  )
})
