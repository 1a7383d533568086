import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOperators } from '../../src/config/operators.ts'

const least = { id: 'alpha', serverRoot: 'https://alpha.example', match: ['tel:+1555'] }

function faultsOf(operators: unknown, environment: Record<string, string> = {}): string[] {
  const parsed = parseOperators(
    typeof operators === 'string' ? operators : JSON.stringify(operators),
    environment,
  )
  assert.ok('problems' in parsed, 'expected problems')
  for (const { variable } of parsed.problems) assert.equal(variable, 'OMA_OPERATORS_FILE')
  return parsed.problems.map(({ fault }) => fault)
}

const types = 'expected an object whose type is none, token, client_credentials or forward'
const url = 'expected an http or https URL without credentials, query and fragment'
const endpoint = 'expected an http or https URL without credentials and fragment'
const pattern = 'expected an address, the beginning of one, or one with a * in it'

const wrong: [operators: unknown, faults: string[]][] = [
  ['', ['expected a file that holds JSON']],
  ['[{"id": "alpha",]', ['expected a file that holds JSON']],
  [{}, ['expected a list of operators']],
  [[], ['expected at least one operator']],
  [
    [{ ...least, tls: { ca: '/nowhere.pem', cert: '/nowhere.pem' } }],
    [
      '[0].tls.ca: expected the path of a file of certificates in PEM',
      '[0].tls.cert: expected the path of a file of a certificate in PEM, and those that lead to it',
      '[0].tls.key: expected to be set: a certificate goes with its key',
    ],
  ],
  [['alpha'], ['[0]: Invalid input: expected object, received string']],
  [
    [{}],
    ['[0].id: expected a text', '[0].serverRoot: expected a text', '[0].match: expected a list of patterns'],
  ],
  [
    [{ ...least, id: 'Alpha Inc.' }],
    ['[0].id: expected up to 32 of a-z, 0-9, _ and -, a letter or digit first'],
  ],
  [[{ ...least, serverRoot: 'https://u:p@alpha.example' }], [`[0].serverRoot: ${url}`]],
  [[{ ...least, serverRoot: 'https://alpha.example?x=1' }], [`[0].serverRoot: ${url}`]],
  [
    [{ ...least, match: ['+1555', 'tel:+1555', 7] }],
    [`[0].match[0]: ${pattern}`, '[0].match[2]: expected a text'],
  ],
  [[{ ...least, match: 'tel:+1555' }], ['[0].match: expected a list of patterns']],
  [[{ ...least, extra: 1 }], ['[0]: Unrecognized key: "extra"']],
  [[{ ...least, auth: 'token' }], [`[0].auth: ${types}`]],
  [[{ ...least, auth: { type: 'basic' } }], [`[0].auth.type: ${types}`]],
  [[{ ...least, auth: { type: 'token' } }], ['[0].auth.accessToken: expected a text']],
  [
    [{ ...least, auth: { type: 'token', accessToken: '' } }],
    ['[0].auth.accessToken: expected a text, got an empty one'],
  ],
  [[{ ...least, auth: { type: 'none', accessToken: 'x' } }], ['[0].auth: Unrecognized key: "accessToken"']],
  [
    [{ ...least, auth: { type: 'client_credentials', tokenUrl: 'token', clientId: 'x' } }],
    [`[0].auth.tokenUrl: ${endpoint}`, '[0].auth.clientSecret: expected a text'],
  ],
  [
    [{ ...least, auth: { type: 'token', accessToken: '$NOWHERE' } }],
    ['names $NOWHERE, but no such variable is set'],
  ],
  [
    [
      {
        ...least,
        auth: { type: 'client_credentials', tokenUrl: '$URL', clientId: '$ID', clientSecret: '$ID' },
      },
    ],
    ['names $URL, but no such variable is set', 'names $ID, but no such variable is set'],
  ],
  [
    [least, { ...least, serverRoot: 'https://beta.example' }],
    ['the id "alpha" stands there twice', 'the pattern "tel:+1555" stands there twice'],
  ],
  [[least, { ...least, id: 'beta', match: ['tel:+1-555'] }], ['the pattern "tel:+1-555" stands there twice']],
]
for (const [operators, faults] of wrong)
  test(`${JSON.stringify(operators).slice(0, 90)} is refused: ${faults.join('; ').slice(0, 90)}`, () => {
    assert.deepEqual(faultsOf(operators), faults)
  })

test('faults of all operators are told at once, and no secret of the file or the environment', () => {
  const faults = faultsOf(
    [
      { ...least, auth: { type: 'token', accessToken: '$TOKEN', clientSecret: 'sekret-1' } },
      {
        ...least,
        id: '',
        auth: {
          type: 'client_credentials',
          tokenUrl: 'https://u:sekret-2@x',
          clientId: 'x',
          clientSecret: '$TOKEN',
        },
      },
    ],
    { TOKEN: 'sekret-3' },
  )

  assert.deepEqual(faults, [
    '[0].auth: Unrecognized key: "clientSecret"',
    '[1].id: expected up to 32 of a-z, 0-9, _ and -, a letter or digit first',
    `[1].auth.tokenUrl: ${endpoint}`,
  ])
})

for (const auth of [
  { type: 'none' },
  { type: 'forward' },
  { type: 'token', accessToken: '$A' },
  { type: 'client_credentials', tokenUrl: '$B', clientId: '$A', clientSecret: '$A', scope: 'twinning' },
])
  test(`auth of type ${auth.type} is taken, its $NAMEs from the environment`, () => {
    const parsed = parseOperators(JSON.stringify([{ ...least, auth }]), {
      A: 'sekret',
      B: 'https://b.example/token',
    })

    const expected = Object.entries(auth).map(([name, value]) => [
      name,
      value === '$A' ? 'sekret' : value === '$B' ? 'https://b.example/token' : value,
    ])
    assert.deepEqual(parsed, {
      operators: [
        {
          ...least,
          serverRoot: new URL('https://alpha.example'),
          auth: Object.fromEntries(expected) as unknown,
        },
      ],
    })
  })

test('a $NAME outside of auth is what it says', () => {
  assert.deepEqual(faultsOf([{ ...least, serverRoot: '$ROOT' }], { ROOT: 'https://alpha.example' }), [
    `[0].serverRoot: ${url}`,
  ])
})
