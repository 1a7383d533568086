// Codes, and what is masked, as a client sees them.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { GraphQLError } from 'graphql'
import {
  BadUserInput,
  Forbidden,
  Unauthenticated,
  UpstreamInvalidResponse,
  UpstreamRefusal,
  UpstreamTimeout,
  UpstreamUnavailable,
} from '../../src/errors.ts'
import { formatError } from '../../src/graphql/errors.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { phone, startGateway, upstreamTraffic, watch } from '../support/gateway.ts'

const fault = {
  messageId: 'SVC0002',
  text: 'Invalid input value for message part name',
  variables: ['name'],
  httpStatus: 400,
  operator: 'beta',
}
const refusal = { operator: 'beta', code: 'BAD_USER_INPUT', httpStatus: 400, retryAfterS: undefined } as const
const { messageId, text, httpStatus, operator } = fault

const known: [error: Error, message: string, extensions: object][] = [
  [new Unauthenticated('no token'), 'no token', { code: 'UNAUTHENTICATED' }],
  [new Forbidden('no right'), 'no right', { code: 'FORBIDDEN' }],
  [new BadUserInput('too many'), 'too many', { code: 'BAD_USER_INPUT' }],
  [
    new UpstreamUnavailable('beta', 'could not be reached', {
      cause: new Error('connect ECONNREFUSED 10.0.0.7'),
    }),
    'operator beta could not be reached',
    { code: 'UPSTREAM_UNAVAILABLE' },
  ],
  [
    new UpstreamTimeout('beta', 2000),
    'operator beta gave no answer in 2000 ms',
    { code: 'UPSTREAM_TIMEOUT' },
  ],
  [
    new UpstreamInvalidResponse('beta', 'body: expected JSON, got nothing'),
    "operator beta gave an answer that can't be used: body: expected JSON, got nothing",
    { code: 'UPSTREAM_INVALID_RESPONSE' },
  ],
  [
    new UpstreamRefusal({ ...refusal, fault }),
    text,
    { code: 'BAD_USER_INPUT', oma: { messageId, text, httpStatus, operator } },
  ],
  [
    new UpstreamRefusal({
      ...refusal,
      code: 'RATE_LIMITED',
      httpStatus: 429,
      fault: undefined,
      retryAfterS: 7,
    }),
    'operator beta answered with HTTP status 429',
    { code: 'RATE_LIMITED', retryAfterS: 7 },
  ],
]
for (const [error, message, extensions] of known)
  test(`${error.name} (${message.slice(0, 40)}) is answered with its code, its path, and nothing beyond`, (t) => {
    const unexpected = watchUnexpected(t)
    const thrown = new GraphQLError(error.message, { originalError: error, path: ['twinning', 'name'] })

    assert.deepEqual(formatError(thrown.toJSON(), thrown), {
      message,
      path: ['twinning', 'name'],
      extensions,
    })
    assert.deepEqual(unexpected, [])
  })

const unknown: [what: string, error: Error][] = [
  ['a bug', new TypeError("can't read 's3cret' of undefined")],
  ['a system error', Object.assign(new Error('connect 10.0.0.7'), { code: 'ECONNREFUSED' })],
  ['what is no Error', 's3cret' as unknown as Error],
]
for (const [what, error] of unknown)
  test(`${what} is reported, and masked as INTERNAL_SERVER_ERROR`, (t) => {
    const unexpected = watchUnexpected(t)
    const thrown = new GraphQLError('s3cret', { originalError: error, path: ['twinning'] })
    const formatted = {
      ...thrown.toJSON(),
      extensions: { code: 'INTERNAL_SERVER_ERROR', stacktrace: ['s3cret'] },
    }

    assert.deepEqual(formatError(formatted, thrown), {
      message: 'internal server error',
      path: ['twinning'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    })
    assert.deepEqual(unexpected, [error])
  })

test('a client that has gone is no unexpected error', (t) => {
  const unexpected = watchUnexpected(t)
  const gone = new AbortController()
  gone.abort()
  const thrown = new GraphQLError('gone', { originalError: gone.signal.reason as Error, path: ['twinning'] })

  assert.equal(formatError(thrown.toJSON(), thrown).extensions?.code, 'INTERNAL_SERVER_ERROR')
  assert.deepEqual(unexpected, [])
})

const refused: [document: string, code: string, status: number][] = [
  ['{', 'GRAPHQL_PARSE_FAILED', 200],
  ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED', 200],
  ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE', 200],
  ['query ($id: ID!) { twinning(id: $id) { id } }', 'BAD_USER_INPUT', 200],
  ['query { twinningDevice(address: "15560101") { address } }', 'GRAPHQL_VALIDATION_FAILED', 200],
]
for (const [document, code, status] of refused)
  test(`${document} is refused with ${code}, and no operator is asked`, async (t) => {
    const { query, token, sandbox } = await startGateway(t)

    const answer = await query(await token('twinning:read', watch), document)

    assert.deepEqual(
      answer.errors.map(({ extensions }) => extensions),
      [{ code }],
    )
    assert.equal(answer.status, status)
    assert.deepEqual(upstreamTraffic(sandbox), [])
  })

test('without a token the answer is 401 and UNAUTHENTICATED', async (t) => {
  const { query, sandbox } = await startGateway(t)

  const { status, headers, errors } = await query(
    undefined,
    '{ twinningDevice(address: "tel:+15560101") { address } }',
  )

  assert.equal(status, 401)
  assert.equal(headers.get('www-authenticate'), 'Bearer')
  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [{ code: 'UNAUTHENTICATED' }],
  )
  assert.deepEqual(upstreamTraffic(sandbox), [])
})

test('a field without the right to it is null and FORBIDDEN with its path; the rest is answered', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  sandbox.operators.beta.seed({ ownAddress: watch, name: 'myWatch' })

  const { status, data, errors } = await query(
    await token('twinning:read', watch),
    `{ mine: twinningDevice { twinnings { nodes { name } } } theirs: twinningDevice(address: "${phone}") { address twinnings { totalCount } } }`,
  )

  assert.equal(status, 200)
  assert.deepEqual(data, {
    mine: { twinnings: { nodes: [{ name: 'myWatch' }] } },
    theirs: { address: phone, twinnings: null },
  })
  assert.deepEqual(
    errors.map(({ path, extensions }) => ({ path, extensions })),
    [{ path: ['theirs', 'twinnings'], extensions: { code: 'FORBIDDEN' } }],
  )
})

test('an operator’s refusal of one field leaves the other fields, and tells its messageId and text', async (t) => {
  const { query, token, sandbox } = await startGateway(t)
  const { alpha, beta } = sandbox.operators
  beta.seed({ ownAddress: watch, name: 'myWatch' })
  alpha.faults.add({
    status: 403,
    body: {
      requestError: {
        policyException: {
          messageId: 'POL0002',
          text: 'Privacy verification failed for address %1',
          variables: ['x'],
        },
      },
    },
  })

  const { data, errors } = await query(
    await token('twinning:read:any'),
    `{ watch: twinningDevice(address: "${watch}") { twinnings { nodes { name } } } phone: twinningDevice(address: "${phone}") { twinnings { totalCount } } }`,
  )

  assert.deepEqual(data, {
    watch: { twinnings: { nodes: [{ name: 'myWatch' }] } },
    phone: { twinnings: null },
  })
  assert.deepEqual(
    errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    [
      {
        message: 'Privacy verification failed for address x',
        path: ['phone', 'twinnings'],
        extensions: {
          code: 'POLICY_VIOLATION',
          oma: {
            messageId: 'POL0002',
            text: 'Privacy verification failed for address x',
            httpStatus: 403,
            operator: 'alpha',
          },
        },
      },
    ],
  )
})

/** What is reported as unexpected from now on. */
function watchUnexpected(t: TestContext): unknown[] {
  const seen: unknown[] = []
  t.after(listen('error.unexpected', ({ error }) => void seen.push(error)))
  return seen
}

test('what GraphQL could not read is not repeated: it may be a code', async (t) => {
  const { query, token } = await startGateway(t)
  const phoneToken = await token('twinning:write', phone)
  const activate =
    'mutation ($input: ActivateTwinningInput!) { activateTwinning(input: $input) { userErrors { code } } }'

  const asked = [
    await query(
      phoneToken,
      'mutation { activateTwinning(input: { activationCode: 13579 }) { userErrors { code } } }',
    ),
    await query(phoneToken, activate, { input: { activationCode: 13579 } }),
    await query(phoneToken, activate, { input: { activationCode: 'A;13579', nonsense: 1 } }),
  ]

  assert.deepEqual(
    asked.map(({ errors }) => errors.map(({ message }) => message)),
    [
      ['String cannot represent a non string value'],
      [
        'Variable "$input" got invalid value at "input.activationCode"; String cannot represent a non string value',
      ],
      [
        'Variable "$input" got invalid value; Field "nonsense" is not defined by type "ActivateTwinningInput".',
      ],
    ],
  )
})

const unquoted: [document: string, variables: object, message: string][] = [
  ['{ f(input: {activationCode "SECRET-1"}) }', {}, 'Syntax Error: Expected ":", found String.'],
  ['{ f(input: {activationCode """SECRET"1"""}) }', {}, 'Syntax Error: Expected ":", found BlockString.'],
  ['{ f(input: {activationCode 13579}) }', {}, 'Syntax Error: Expected ":", found Int.'],
  ['{ f(input: {activationCode 13579.0}) }', {}, 'Syntax Error: Expected ":", found Float.'],
  ['{ f(input: {activationCode SECRET1}) }', {}, 'Syntax Error: Expected ":", found Name.'],
  ['{ f(input: {"SECRET-1"}) }', {}, 'Syntax Error: Expected Name, found String.'],
  ['13579', {}, 'Syntax Error: Unexpected Int.'],
  [
    'mutation { activateTwinning(input: "SECRET-1") { userErrors { code } } }',
    {},
    'Expected value of type "ActivateTwinningInput!"',
  ],
  [
    'mutation { setTwinningStatus(input: {id: "x", twinningStatus: SECRET1}) { userErrors { code } } }',
    {},
    'Value does not exist in "TwinningToggle" enum.',
  ],
  [
    'mutation { setTwinningStatus(input: {id: "x", twinningStatus: "SECRET-1"}) { userErrors { code } } }',
    {},
    'Enum "TwinningToggle" cannot represent non-enum value',
  ],
  [
    'mutation ($input: SetTwinningStatusInput!) { setTwinningStatus(input: $input) { userErrors { code } } }',
    { input: { id: 'x', twinningStatus: 'A"; SECRET' } },
    'Variable "$input" got invalid value at "input.twinningStatus"; Value does not exist in "TwinningToggle" enum.',
  ],
]
for (const [document, variables, message] of unquoted)
  test(`${document} is refused without a word of what was given: ${message}`, async (t) => {
    const { query, token } = await startGateway(t)

    const { errors } = await query(await token('twinning:write', phone), document, variables)

    assert.deepEqual(
      errors.map((error) => error.message),
      [message],
    )
  })
