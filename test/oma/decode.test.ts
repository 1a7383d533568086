import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/domain/address.ts'
import { decodeTwinningBody, decodeTwinningListBody, InvalidRepresentation } from '../../src/oma/decode.ts'

const device = parseAddress('tel:+15560101')!
const asked = { operatorId: 'beta', serverRoot: new URL('http://op.example/api'), device }
const resourceURL = 'http://op.example/api/twinning/v1/tel%3A%2B15560101/twinnings/tw-1'
const least = { role: 'Secondary', twinningStatus: 'On', ownAddress: 'tel:+15560101', resourceURL }
const ref = { operatorId: 'beta', device, twinningId: 'tw-1' }
const decodedLeast = {
  ref,
  role: 'SECONDARY',
  twinningStatus: 'ON',
  ownAddress: 'tel:+15560101',
  resourceURL,
  codes: {},
}

const decode = (elements: object) => decodeTwinningBody({ twinning: { ...least, ...elements } }, asked)

test('a twinning of nothing but the mandatory elements is a twinning', () => {
  assert.deepEqual(decode({}), decodedLeast)
})

test('every element of the change request arrives, in our words', () => {
  const all = {
    role: 'Primary',
    name: 'myPhone',
    otherDevice: { address: 'tel:+1-556-0102', name: 'myWatch' },
    activationCode: '1234',
    twinningStatus: 'Pending',
    authCode: 'a-c',
    primaryDeviceVMAddress: 'tel:+1-555-0999',
  }

  assert.deepEqual(decode(all), {
    ...decodedLeast,
    role: 'PRIMARY',
    name: 'myPhone',
    otherDevice: { address: 'tel:+15560102', name: 'myWatch' },
    twinningStatus: 'PENDING',
    voicemailAddress: 'tel:+15550999',
    codes: { activationCode: '1234', authCode: 'a-c' },
  })
})

for (const nothing of [null, undefined])
  test(`optional elements that are ${String(nothing)} are absent`, () => {
    const elements = ['name', 'otherDevice', 'activationCode', 'authCode', 'primaryDeviceVMAddress']

    assert.deepEqual(decode(Object.fromEntries(elements.map((name) => [name, nothing]))), decodedLeast)
  })

test('elements that nobody knows are ignored, whatever they are called', () => {
  const body = JSON.parse(
    JSON.stringify({
      extra: 1,
      twinning: { ...least, constructor: [], subscription: { tier: 'gold' } },
    }).replace('"extra"', '"__proto__"'),
  ) as unknown

  assert.deepEqual(decodeTwinningBody(body, asked), decodedLeast)
})

for (const scheme of ['javascript:alert(1)', 'http://op.example/vm', 'data:text/html,x', 'vm', ''])
  test(`a primaryDeviceVMAddress of ${JSON.stringify(scheme)} is as good as none`, () => {
    assert.deepEqual(decode({ primaryDeviceVMAddress: scheme }), decodedLeast)
  })

const wrongValues: [elements: object, message: string][] = [
  [{ role: undefined }, 'twinning.role: expected Primary or Secondary, got nothing'],
  [{ role: 'Tertiary' }, 'twinning.role: expected Primary or Secondary, got "Tertiary"'],
  [{ role: 'secondary' }, 'twinning.role: expected Primary or Secondary, got "secondary"'],
  [{ role: 'toString' }, 'twinning.role: expected Primary or Secondary, got "toString"'],
  [{ role: ['Primary'] }, 'twinning.role: expected Primary or Secondary, got a list'],
  [{ twinningStatus: 7 }, 'twinning.twinningStatus: expected Pending, On or Off, got a number'],
  [{ twinningStatus: null }, 'twinning.twinningStatus: expected Pending, On or Off, got nothing'],
  [{ twinningStatus: true }, 'twinning.twinningStatus: expected Pending, On or Off, got a boolean'],
  [{ twinningStatus: '' }, 'twinning.twinningStatus: expected Pending, On or Off, got an empty string'],
  [{ name: 7 }, 'twinning.name: expected a string, got a number'],
  [{ name: { first: 'x' } }, 'twinning.name: expected a string, got an object'],
  [{ activationCode: 1234 }, 'twinning.activationCode: expected a string, got a number'],
  [{ authCode: [] }, 'twinning.authCode: expected a string, got a list'],
  [{ primaryDeviceVMAddress: 86 }, 'twinning.primaryDeviceVMAddress: expected a string, got a number'],
  [{ otherDevice: 'tel:+15550100' }, 'twinning.otherDevice: expected an object, got another string'],
  [
    { otherDevice: { name: 'x' } },
    'twinning.otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got nothing',
  ],
  [
    { otherDevice: { address: 'phone' } },
    'twinning.otherDevice.address: expected a tel:, sip:, sips: or acr: URI, got another string',
  ],
  [
    { otherDevice: { address: 'tel:+15550100', name: 1 } },
    'twinning.otherDevice.name: expected a string, got a number',
  ],
  [{ ownAddress: undefined }, 'twinning.ownAddress: expected a tel:, sip:, sips: or acr: URI, got nothing'],
  [
    { ownAddress: '15560101' },
    'twinning.ownAddress: expected a tel:, sip:, sips: or acr: URI, got another string',
  ],
  [
    { ownAddress: 'tel:+15560102' },
    'twinning.ownAddress: expected the address of the device asked for, got another',
  ],
  [{ resourceURL: undefined }, 'twinning.resourceURL: expected an http or https URL, got nothing'],
  [
    { resourceURL: 'javascript:alert(1)' },
    'twinning.resourceURL: expected an http or https URL, got another string',
  ],
  [{ resourceURL: '' }, 'twinning.resourceURL: expected an http or https URL, got an empty string'],
  [
    { resourceURL: 'http://op.example/twinnings/' },
    'twinning.resourceURL: expected a URL that ends in a twinningId, got another',
  ],
  [
    { resourceURL: 'http://op.example/twinnings/%E0%A4%A' },
    'twinning.resourceURL: expected a URL that ends in a twinningId, got another',
  ],
]
for (const [elements, message] of wrongValues)
  test(`${JSON.stringify(elements)} is refused by its path`, () => {
    assert.throws(() => decode(elements), { name: 'InvalidRepresentation', message })
  })

for (const [body, message] of [
  [undefined, 'body: expected an object, got nothing'],
  [null, 'body: expected an object, got nothing'],
  [[], 'body: expected an object, got a list'],
  ['twinning', 'body: expected an object, got another string'],
  [{}, 'twinning: expected an object, got nothing'],
  [{ twinning: [least] }, 'twinning: expected an object, got a list'],
] as const)
  test(`${JSON.stringify([body]).slice(0, 40)} holds no twinning`, () => {
    assert.throws(() => decodeTwinningBody(body, asked), { name: 'InvalidRepresentation', message })
  })

for (const [what, value] of Object.entries({
  'a phone number': '+15550100',
  'a host name': 'db7.internal.example',
  'a code': 'c0de-1234',
  'a text of any length': 'x'.repeat(41),
}))
  test(`${what} in a place of a word is not quoted`, () => {
    assert.throws(() => decode({ twinningStatus: value }), {
      message: 'twinning.twinningStatus: expected Pending, On or Off, got another string',
    })
  })

for (const [elements, secrets] of [
  [{ authCode: 'hushhush' }, []],
  [{ activationCode: 'hushhush' }, []],
  [{}, ['hushhush']],
] as const)
  test(`a code is not quoted where it stands in another element too: ${JSON.stringify(elements)}`, () => {
    const body = { twinning: { ...least, ...elements, role: 'hushhush' } }

    assert.throws(() => decodeTwinningBody(body, { ...asked, secrets }), {
      message: 'twinning.role: expected Primary or Secondary, got "[redacted]"',
    })
  })

test('an alias of another scheme may be the own address, as the operator gives it', () => {
  assert.equal(decode({ ownAddress: 'acr:7f4a' }).ownAddress, 'acr:7f4a')
})

test('a resourceURL may be relative to the server root', () => {
  const { resourceURL, ref } = decode({ resourceURL: '/api/twinning/v1/x/twinnings/tw%2F9' })

  assert.equal(resourceURL, 'http://op.example/api/twinning/v1/x/twinnings/tw%2F9')
  assert.equal(ref.twinningId, 'tw/9')
})

test('the id that was asked for stands, whatever the resourceURL ends in', () => {
  const twinning = decodeTwinningBody(
    { twinning: { ...least, resourceURL: 'http://op.example/' } },
    { ...asked, twinningId: 'tw-7' },
  )

  assert.equal(twinning.ref.twinningId, 'tw-7')
})

const list = (twinningList: unknown) => decodeTwinningListBody({ twinningList }, asked)

for (const [shape, members] of Object.entries({
  'a list of one': [least],
  'an object instead of a list of one': least,
}))
  test(`${shape} is one twinning`, () => {
    assert.deepEqual(list({ twinning: members, resourceURL }), { twinnings: [decodedLeast], leftOut: [] })
  })

for (const empty of [{}, { resourceURL }, { twinning: null }, { twinning: [] }, null, ''])
  test(`a twinningList of ${JSON.stringify(empty).slice(0, 20)} holds none`, () => {
    assert.deepEqual(list(empty), { twinnings: [], leftOut: [] })
  })

test('a body without any element is a list with none', () => {
  assert.deepEqual(decodeTwinningListBody({}, asked), { twinnings: [], leftOut: [] })
})

test('the order of a list is the operator’s', () => {
  const at = (id: string) => ({ ...least, resourceURL: `http://op.example/twinnings/${id}` })

  const { twinnings } = list({ twinning: [at('b'), at('c'), at('a')] })

  assert.deepEqual(
    twinnings.map((twinning) => twinning.ref.twinningId),
    ['b', 'c', 'a'],
  )
})

test('members that can’t be decoded are left out, each named by its path, and by its id where that can be read', () => {
  const bad = [
    { ...least, role: 'Tertiary', resourceURL: 'http://op.example/twinnings/tw-2' },
    7,
    null,
    { ...least, ownAddress: 'tel:+15560199', resourceURL: 'http://op.example/twinnings/tw-3' },
    { role: 'Primary' },
  ]

  assert.deepEqual(list({ twinning: [...bad, least] }), {
    twinnings: [decodedLeast],
    leftOut: [
      {
        twinningId: 'tw-2',
        problem: 'twinningList.twinning[0].role: expected Primary or Secondary, got "Tertiary"',
      },
      { problem: 'twinningList.twinning[1]: expected an object, got a number' },
      { problem: 'twinningList.twinning[2]: expected an object, got nothing' },
      {
        twinningId: 'tw-3',
        problem:
          'twinningList.twinning[3].ownAddress: expected the address of the device asked for, got another',
      },
      { problem: 'twinningList.twinning[4].resourceURL: expected an http or https URL, got nothing' },
    ],
  })
})

for (const [body, message] of [
  [{ error: 'none' }, 'twinningList: expected an object, got nothing'],
  [{ twinningList: [] }, 'twinningList: expected an object, got a list'],
  [{ twinningList: 'none' }, 'twinningList: expected an object, got another string'],
  [[], 'body: expected an object, got a list'],
] as const)
  test(`${JSON.stringify(body)} is no list`, () => {
    assert.throws(() => decodeTwinningListBody(body, asked), new InvalidRepresentation(message))
  })
