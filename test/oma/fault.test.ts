import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFault } from '../../src/oma/fault.ts'

const facts = { operator: 'beta', httpStatus: 400, secrets: ['s3cret'] }
const service = (exception: object) => decodeFault({ requestError: { serviceException: exception } }, facts)
const svc0002 = { messageId: 'SVC0002', text: 'Invalid input value for message part %1' }

test('a serviceException is told with its variables filled in', () => {
  assert.deepEqual(service({ ...svc0002, variables: ['activationCode'] }), {
    messageId: 'SVC0002',
    text: 'Invalid input value for message part activationCode',
    variables: ['activationCode'],
    httpStatus: 400,
    operator: 'beta',
  })
})

test('a policyException is told in the same way', () => {
  const body = {
    requestError: {
      policyException: { messageId: 'POL0001', text: 'Error code is %1', variables: ['quota'] },
    },
  }

  assert.deepEqual(decodeFault(body, { ...facts, httpStatus: 403 }), {
    messageId: 'POL0001',
    text: 'Error code is quota',
    variables: ['quota'],
    httpStatus: 403,
    operator: 'beta',
  })
})

const texts: [what: string, exception: object, text: string][] = [
  [
    'one variable that is no list',
    { ...svc0002, variables: 'name' },
    'Invalid input value for message part name',
  ],
  ['variables that are null', { ...svc0002, variables: null }, svc0002.text],
  ['no variables', svc0002, svc0002.text],
  ['a number as a variable', { messageId: 'SVC0001', text: 'code %1', variables: [42] }, 'code 42'],
  ['an object as a variable', { messageId: 'SVC0001', text: 'code %1.', variables: [{}] }, 'code .'],
  ['fewer variables than places', { messageId: 'SVC0003', text: '%1: %2', variables: ['a'] }, 'a: %2'],
  [
    'a tenth variable',
    { messageId: 'SVC0003', text: '%10 %1', variables: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] },
    'j a',
  ],
  ['a place in a variable', { messageId: 'SVC0003', text: '%1', variables: ['%2', 'x'] }, '%2'],
  ['signs of a replacement', { messageId: 'SVC0001', text: '[%1]', variables: ['$&$1'] }, '[$&$1]'],
  ['%0 and a lone percent sign', { messageId: 'SVC0001', text: '%0 100% %', variables: ['a'] }, '%0 100% %'],
  ['no text', { messageId: 'SVC0001' }, 'SVC0001'],
  ['a text that is none', { messageId: 'SVC0001', text: 7 }, 'SVC0001'],
]
for (const [what, exception, text] of texts)
  test(`a fault with ${what} reads ${JSON.stringify(text)}`, () => {
    assert.equal(service(exception)?.text, text)
  })

const none: Record<string, unknown> = {
  'no body': undefined,
  null: null,
  'a text': '<html>',
  'an empty object': {},
  'a requestError of nothing': { requestError: {} },
  'a requestError that is null': { requestError: null },
  'an exception without a messageId': { requestError: { serviceException: { text: 'x' } } },
  'a messageId of another form': { requestError: { serviceException: { messageId: '<b>', text: 'x' } } },
  'a messageId that is a number': { requestError: { serviceException: { messageId: 2, text: 'x' } } },
  'an exception that is a text': { requestError: { serviceException: 'SVC0002' } },
}
for (const [what, body] of Object.entries(none))
  test(`${what} holds no fault`, () => {
    assert.equal(decodeFault(body, facts), undefined)
  })

const echoes: [what: string, text: string, variables: string[], expected: string][] = [
  ['a code known by value, in the text', 'no s3cret here, s3cret', [], 'no [redacted] here, [redacted]'],
  ['a code known by value, in a variable', '%1', ['x s3cret'], 'x [redacted]'],
  [
    'what stands behind the name of a code',
    '%1: %2',
    ['activationCode', '1234'],
    'activationCode: [redacted]',
  ],
  [
    'what stands behind a path to a code',
    '%1: %2',
    ['twinning.authCode', '1'],
    'twinning.authCode: [redacted]',
  ],
  ['activationCode=…', 'bad activationCode=1234, try', [], 'bad activationCode=[redacted], try'],
  ['a JSON member', 'bad {"authCode":"a b","x":1}', [], 'bad {"authCode":[redacted],"x":1}'],
  ['an escaped JSON member', 'bad {\\"authCode\\":\\"a1\\"}', [], 'bad {\\"authCode\\":[redacted]}'],
  [
    'an XML element',
    '<activationCode>12</activationCode>',
    [],
    '<activationCode>[redacted]</activationCode>',
  ],
  ['a quoted word behind the name', "activationCode '12' is void", [], 'activationCode [redacted] is void'],
]
for (const [what, text, variables, expected] of echoes)
  test(`a secret that an operator echoes is taken out: ${what}`, () => {
    assert.equal(service({ messageId: 'SVC0002', text, variables })?.text, expected)
  })

test('a secret in the variables is taken out of those too', () => {
  const fault = service({ ...svc0002, variables: ['activationCode', 's3cret', 'with s3cret in it'] })

  assert.deepEqual(fault?.variables, ['activationCode', '[redacted]', 'with [redacted] in it'])
})

test('the name of a code is no secret', () => {
  const text = 'activationCode is missing; authCode as well'

  assert.equal(service({ messageId: 'SVC0002', text })?.text, text)
})

test('a secret that stands where a long text or variable is cut is not half told', () => {
  const text = service({ messageId: 'SVC0002', text: `${'x'.repeat(1997)}s3cret` })?.text
  const variables = service({
    messageId: 'SVC0002',
    text: '',
    variables: [`${'x'.repeat(497)}s3cret`],
  })?.variables

  assert.equal(text, `${'x'.repeat(1997)}[re`)
  assert.deepEqual(variables, [`${'x'.repeat(497)}[re`])
})

test('however much an operator writes, no more than 20 variables of 500 characters and 2000 of text are told', () => {
  const fault = service({
    messageId: 'SVC0001',
    text: 'y'.repeat(9000),
    variables: Array(30).fill('x'.repeat(900)),
  })

  assert.equal(fault?.text, 'y'.repeat(2000))
  assert.deepEqual(fault.variables, Array(20).fill('x'.repeat(500)))
})

test('a text that names a variable a million times does not grow beyond all bounds', () => {
  const fault = service({ messageId: 'SVC0001', text: '%1'.repeat(1_000_000), variables: ['x'.repeat(900)] })

  assert.equal(fault?.text, 'x'.repeat(2000))
})

for (const [text, shown] of [
  ['failed for authCode AUTHZZZ', 'failed for authCode [redacted]'],
  ['activationCode is AUTH-ZZZ, sorry', 'activationCode is [redacted], sorry'],
  ['the activationCode 12345678 is used', 'the activationCode [redacted] is used'],
  ['activationCode must have 8 characters', 'activationCode must have 8 characters'],
  [
    'Invalid input value for message part activationCode',
    'Invalid input value for message part activationCode',
  ],
] as const)
  test(`a code that stands in a sentence is told from its words: ${text}`, () => {
    assert.equal(service({ messageId: 'SVC0001', text })?.text, shown)
  })
