import assert from 'node:assert/strict'
import test from 'node:test'
import { createLog } from '../../src/telemetry/log.ts'
import { redact, redactSecrets } from '../../src/telemetry/redaction.ts'
import { leaksIn, lacksIn, type Emissions } from '../support/emissions.ts'

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0ZWw6KzE1NTYwMTAxIn0.c2lnbmF0dXJl'

const personal = [
  'tel:+15560101',
  'TEL:+1-556-0101',
  'tel%3A%2B15560101',
  'tel%3a%2b15560101',
  'tel:5550101;phone-context=+1',
  'sip:alice@alpha.example',
  'sips:alice@alpha.example;transport=tls',
  'acr:10203040506',
  '+15560101',
  '+1 (556) 0101',
]
const secrets = [jwt, `Bearer ${jwt}`, 'Bearer 0123456789abcdef', 'Basic dXNlcjpwYXNzd29yZA==', 'activationCode=12345678', '"authCode":"s3cr3t-code"', '{\\"authCode\\":\\"s3cr3t-code\\"}', 'auth_code: s3cr3t-code'] // prettier-ignore
const parts = [
  '5560101',
  'alice',
  '10203040506',
  '0101',
  'eyJ',
  '0123456789',
  'dXNlcjpw',
  '12345678',
  's3cr3t',
]

for (const text of [...personal, ...secrets, '"name":"Alice’s watch"'])
  test(`${text} is not for other eyes`, () => {
    const found = redact(`{"a":1,"msg":"before ${text} after","b":2}`)

    for (const part of [...parts, 'Alice']) assert.ok(!found.includes(part), found)
    assert.ok(found.startsWith('{"a":1,"msg":"before '), found)
    assert.ok(found.endsWith(' after","b":2}'), found)
  })

for (const text of secrets)
  test(`${text} is not for a caller either`, () => {
    for (const part of parts) assert.ok(!redactSecrets(`before ${text} after`).includes(part))
  })

for (const text of [
  '{"level":30,"time":1795662000000,"pid":1,"reqId":"req-1","method":"POST","route":"/graphql","status":200,"ms":12,"msg":"request"}',
  'Server listening at http://127.0.0.1:4000',
  'twinning.name: expected a string, got a number',
  'address: expected a tel:, sip:, sips: or acr: URI, got another string',
  'an access token is needed: Authorization: Bearer …',
  'the Authorization header holds no Bearer token',
  'twinning_operation_cost_bucket{le="+Inf",result="ok"} 15560101',
  '"code":"ECONNREFUSED"',
])
  test(`nothing is taken from: ${text.slice(0, 60)}`, () => {
    assert.equal(redact(text), text)
    assert.equal(redactSecrets(text), text)
  })

for (const text of personal)
  test(`a caller may be told ${text}`, () => assert.equal(redactSecrets(text), text))

test('a long text takes no longer than it must', () => {
  const from = performance.now()
  for (const piece of ['tel:', '+1', 'eyJ', 'authCode=', '"name":"', 'Bearer ', '%2b1-', 'tel:;x='])
    redact(piece.repeat(20_000))

  assert.ok(performance.now() - from < 2000)
})

test('the log goes through it, whatever somebody logs', () => {
  const lines: string[] = []
  const log = createLog('trace', { write: (line) => void lines.push(line) })

  log.info({ url: '/graphql?variables={"a":"tel:%2B15560101"}' }, 'a line of somebody else’s')
  log.warn(`for tel:+15560101 with ${jwt}`)
  log.child({ device: 'sip:alice@alpha.example' }).error({ err: new Error('tel:+15560101') }, 'x')

  assert.equal(lines.length, 3)
  for (const line of lines) {
    for (const part of parts.slice(0, 6)) assert.ok(!line.includes(part), line)
    assert.ok(JSON.parse(line))
  }
})

const nothing: Emissions = { log: '', metrics: '', errors: '', output: '', known: [] }

test('what must not be emitted is found wherever it is, and only where it may not be', () => {
  const known = [
    { kind: 'code', value: 'QXZ-1234' },
    { kind: 'name', value: 'My Wätch' },
    { kind: 'address', value: 'acr:x' },
  ]
  for (const where of ['log', 'metrics', 'output'] as const)
    for (const text of [
      'tel:+15560101',
      'tel%3A%2B15560101',
      jwt,
      'Bearer 0123456789',
      ...known.map(({ value }) => value),
    ])
      assert.equal(leaksIn({ ...nothing, known, [where]: `a\nb ${text} c\nd\n` }).length > 0, true, text)
  for (const text of [jwt, 'QXZ-1234'])
    assert.equal(leaksIn({ ...nothing, known, errors: text }).length > 0, true)
  assert.deepEqual(leaksIn({ ...nothing, known, errors: 'no operator serves tel:+15560101, My Wätch' }), [])
  assert.deepEqual(leaksIn({ ...nothing, known, log: 'Bearer [redacted] [redacted] tel:' }), [])
})

test('a run that has emitted next to nothing proves nothing', () => {
  assert.equal(lacksIn(nothing).length, 10)
})
