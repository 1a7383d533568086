import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/domain/address.ts'
import { compilePattern, isPattern } from '../../src/domain/match.ts'

const lengths: [pattern: string, address: string, length: number | undefined][] = [
  ['*', 'tel:+15550101', 0],
  ['*', 'acr:7f4a', 0],
  ['tel:', 'tel:+15550101', 4],
  ['tel:', 'sip:car@alpha.example', undefined],
  ['tel:+1555', 'tel:+15550101', 9],
  ['tel:+1-555', 'tel:+15550101', 9],
  ['TEL:+1555', 'tel:+15550101', 9],
  ['tel:+15550101', 'tel:+15550101', 13],
  ['tel:+15550101', 'tel:+1555010', undefined],
  ['tel:+1555', 'tel:+15560101', undefined],
  ['tel:+1*01', 'tel:+15550101', 8],
  ['tel:+1*02', 'tel:+15550101', undefined],
  ['sip:*@alpha.example', 'sip:car@alpha.example', 18],
  ['sip:*@Alpha.Example', 'sip:Car@alpha.example', 18],
  ['sip:*@alpha.example', 'sip:car@alpha.example;user=phone', 18],
  ['sip:*@alpha.example', 'sips:car@alpha.example', undefined],
  ['sip:*@alpha.example', 'sip:car@alpha.example.evil', undefined],
  ['sip:*@alpha.example', 'sip:car@beta.example;x=alpha.example', undefined],
  ['sip:*@alpha.example', 'sip:car@notalpha.example', undefined],
  ['sip:Car*@alpha.example', 'sip:Car-7@alpha.example', 21],
  ['sip:Car*@alpha.example', 'sip:car-7@alpha.example', undefined],
  ['sip:a*b*c@alpha.example', 'sip:a-b-b-c@alpha.example', 21],
  ['sip:a*b*c@alpha.example', 'sip:a-c@alpha.example', undefined],
  ['sip:aa*aa@alpha.example', 'sip:aaa@alpha.example', undefined],
  ['acr:', 'acr:7f4a', 4],
  ['acr:7F', 'acr:7f4a', undefined],
]
for (const [pattern, address, length] of lengths)
  test(`${pattern} ${length === undefined ? 'does not match' : `fixes ${length} characters of`} ${address}`, () => {
    assert.equal(compilePattern(pattern)(parseAddress(address)!), length)
  })

test('a pattern with many stars is matched in linear time', () => {
  const address = parseAddress(`acr:${'a'.repeat(250)}`)!

  assert.equal(compilePattern(`acr:${'*a'.repeat(100)}*b`)(address), undefined)
})

test('a pattern that was read once matches one address after another', () => {
  const matchLength = compilePattern('SIP:*@Alpha.Example')

  assert.deepEqual(
    ['sip:car@alpha.example', 'sip:car@beta.example', 'sip:bus@alpha.example;user=phone'].map((address) =>
      matchLength(parseAddress(address)!),
    ),
    [18, undefined, 18],
  )
})

for (const [pattern, valid] of Object.entries({
  '*': true,
  'tel:+1555': true,
  'SIP:*@alpha.example': true,
  'sips:': true,
  'acr:': true,
  '': false,
  tel: false,
  '+1555': false,
  '*@alpha.example': false,
  'http://alpha.example': false,
  'tel:+1 555': false,
}))
  test(`${JSON.stringify(pattern)} is ${valid ? 'a' : 'no'} pattern`, () => {
    assert.equal(isPattern(pattern), valid)
  })
