import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/domain/address.ts'
import { listPath, segmentsOf, twinningIdOf, twinningPath } from '../../src/oma/paths.ts'

const segments: Record<string, string> = {
  'tel:+15560101': 'tel%3A%2B15560101',
  'sip:car-7@beta.example': 'sip%3Acar-7%40beta.example',
  'sip:a/../b?c@beta.example': 'sip%3Aa%2F..%2Fb%3Fc%40beta.example',
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

for (const end of ['', '.', '..', '%2e%2E', '%2e', 'a%00b', 'a%0Ab', 'a%7Fb', '%E0%A4%A', 'x'.repeat(257)])
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
