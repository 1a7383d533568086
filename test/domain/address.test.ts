import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskAddress, parseAddress } from '../../src/domain/address.ts'

const normalForms: Record<string, string> = {
  'tel:+15550101': 'tel:+15550101',
  'tel:+1-555-0101': 'tel:+15550101',
  'TEL:+1(555).01-01': 'tel:+15550101',
  'tel:*86': 'tel:*86',
  'tel:#31': 'tel:#31',
  'tel:7042;Phone-Context=Example.COM;ISUB=1': 'tel:7042;isub=1;phone-context=example.com',
  'tel:7042;isub=1;phone-context=example.com': 'tel:7042;isub=1;phone-context=example.com',
  'sip:Car-7@Beta.Example': 'sip:Car-7@beta.example',
  'SIPS:Car-7@beta.example:5061': 'sips:Car-7@beta.example:5061',
  'sip:%63ar-7%2f@beta.example': 'sip:car-7%2F@beta.example',
  'sip:a/b?c@beta.example': 'sip:a/b?c@beta.example',
  'sip:car@[2001:DB8::1]': 'sip:car@[2001:db8::1]',
  'sip:+15550101@alpha.example;user=phone': 'sip:+15550101@alpha.example;user=phone',
  'sip:alpha.example': 'sip:alpha.example',
  'ACR:7f4A;ncc=310': 'acr:7f4A;ncc=310',
}
for (const [text, normal] of Object.entries(normalForms))
  test(`${text} is the address ${normal}`, () => {
    assert.equal(parseAddress(text), normal)
  })

const strangers = [
  '',
  'tel:',
  'tel:+',
  'tel:+1 555 0101',
  'tel:+1555abc',
  'tel:+1555\n0101',
  `tel:+${'1'.repeat(33)}`,
  'tel:+1555;',
  'tel:+1555;a=',
  '+15550101',
  'sip:',
  'sip:@alpha.example',
  'sip:car@',
  'sip:car:password@alpha.example',
  'sip:car@alpha.example?subject=x',
  'sip:car@alpha.example/../x',
  'sip:a@b@alpha.example',
  'sip:%zz@alpha.example',
  'acr:',
  'acr:a b',
  'acr:a/b',
  `acr:${'a'.repeat(253)}`,
  'javascript:alert(1)',
  'http://alpha.example',
  'mailto:car@alpha.example',
]
for (const text of strangers)
  test(`${JSON.stringify(text.slice(0, 40))} is no address`, () => {
    assert.equal(parseAddress(text), undefined)
  })

for (const text of ['acrx', 'sipx', 'sips', 'tel1', 'tel'])
  test(`${text} is no address, as it lacks the colon`, () => {
    assert.equal(parseAddress(text), undefined)
  })

test('a normal form is its own normal form', () => {
  for (const normal of Object.values(normalForms)) assert.equal(parseAddress(normal), normal)
})

const masks: Record<string, string> = {
  'tel:+15551234501': 'tel:+1555*****01',
  'tel:+15550101': 'tel:+1555**01',
  'tel:+1555010': 'tel:******10',
  'tel:*86': 'tel:*86',
  'tel:86': 'tel:86',
  'tel:5550101;phone-context=+1': 'tel:*****01',
  'sip:car-7@beta.example': 'sip:*****@beta.example',
  'sips:car-7@beta.example:5061': 'sips:*****@beta.example:5061',
  'sip:+15550101@alpha.example;user=phone': 'sip:*****@alpha.example',
  'acr:7f4a;ncc=310': 'acr:*****',
}
for (const [address, mask] of Object.entries(masks))
  test(`${address} is masked as ${mask}`, () => {
    assert.equal(maskAddress(parseAddress(address)!), mask)
  })
