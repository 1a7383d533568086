// Operators that speak XML: asked for JSON, they answer in XML all the same, and understand nothing else.
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import test, { type TestContext } from 'node:test'
import { isXml, parseXml, printXml } from '../../src/oma/xml.ts'
import { watch } from '../support/gateway.ts'
import { startInFrontOf, startServer } from '../support/operator.ts'

const path = `/twinning/v1/${encodeURIComponent(watch)}/twinnings`
const element = (name: string, root = 'twinning', more = '') =>
  `<${root}><role>Secondary</role><name>${name}</name><twinningStatus>On</twinningStatus><ownAddress>tel:&#43;15560101</ownAddress><tier>gold</tier>${more}<resourceURL>http://op.example${path}/s1</resourceURL></${root.split(' ')[0]}>`
const document = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${body}`
const one = (name: string, more = '') => document(element(name, 'tw:twinning xmlns:tw="urn:oma:xml:rest:netapi:twinning:1"', more)) // prettier-ignore

type Asked = { method: string; type: string | undefined; ifMatch: string | undefined; body: string }

async function startXml(t: TestContext, answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = []
  const operator = await startServer(t, (request: IncomingMessage, response) => {
    void (async () => {
      const { method = '', headers } = request
      const one = {
        method,
        type: headers['content-type'],
        ifMatch: headers['if-match'],
        body: await text(request),
      }
      asked.push(one)
      response.setHeader('content-type', 'application/xml; charset=utf-8')
      answer(one, response)
    })()
  })
  const gateway = await startInFrontOf(t, operator.url)
  const token = await gateway.token('twinning:read twinning:write', watch)
  const ask = (query: string, variables?: object) => gateway.query(token, query, variables)
  return { asked, ask }
}

const list = '{ twinningDevice { twinnings { nodes { id name twinningStatus ownAddress } } } }'

for (const [what, members, names] of [
  ['none', '', []],
  ['one', element('one &amp; only'), ['one & only']],
  ['two', element('first') + element('second'), ['first', 'second']],
] as const)
  test(`a list of ${what} is read`, async (t) => {
    const { ask } = await startXml(t, (_, response) =>
      response.end(
        document(
          `<tw:twinningList xmlns:tw="urn:oma:xml:rest:netapi:twinning:1">${members}</tw:twinningList>`,
        ),
      ),
    )

    const { data, errors } = await ask(list)

    assert.deepEqual(errors, [])
    assert.deepEqual(
      (data.twinningDevice.twinnings.nodes as { name: string; ownAddress: string }[]).map(
        ({ name, ownAddress }) => [name, ownAddress],
      ),
      names.map((name) => [name, watch]),
    )
  })

test('a refusal is read, its variables filled in', async (t) => {
  const { ask } = await startXml(t, (_, response) => {
    response.statusCode = 400
    response.end(
      '<requestError><serviceException><messageId>SVC0002</messageId><text>Invalid input value for message part %1</text><variables>userId</variables></serviceException></requestError>',
    )
  })

  const { errors } = await ask(list)

  assert.deepEqual(
    errors.map(({ extensions }) => extensions),
    [
      {
        code: 'BAD_USER_INPUT',
        oma: {
          messageId: 'SVC0002',
          text: 'Invalid input value for message part userId',
          httpStatus: 400,
          operator: 'default',
        },
      },
    ],
  )
})

test('what is written back is in XML as it was read, whole, with its ETag', async (t) => {
  const { ask, asked } = await startXml(t, ({ method }, response) => {
    response.setHeader('etag', '"v1"')
    if (method === 'PUT') response.end(one('renamed'))
    else if (asked.length === 1) response.end(document(`<twinningList>${element('old')}</twinningList>`))
    else response.end(one('old'))
  })
  const { data } = await ask(list)

  const { data: changed, errors } = await ask(
    'mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "<new> & \\"better\\"" }) { twinning { name } userErrors { code } } }',
    { id: data.twinningDevice.twinnings.nodes[0].id },
  )

  assert.deepEqual(errors, [])
  assert.deepEqual(changed.renameTwinning, { twinning: { name: 'renamed' }, userErrors: [] })
  const put = asked.find(({ method }) => method === 'PUT')
  assert.deepEqual([put?.type, put?.ifMatch], ['application/xml', '"v1"'])
  assert.deepEqual(parseXml(put?.body ?? ''), {
    twinning: {
      role: 'Secondary',
      name: '<new> & "better"',
      twinningStatus: 'On',
      ownAddress: watch,
      tier: 'gold',
      resourceURL: `http://op.example${path}/s1`,
    },
  })
})

test('a POST that is not understood as JSON is sent as XML, and the next at once', async (t) => {
  const { ask, asked } = await startXml(t, ({ type }, response) => {
    if (type !== 'application/xml') response.writeHead(415).end()
    else response.writeHead(201).end(one('made', '<activationCode>00420042</activationCode>'))
  })
  const request = 'mutation { requestTwinning(input: { name: "made" }) { twinning { name activationCode } userErrors { code } } }' // prettier-ignore

  const first = await ask(request)
  await ask(request)

  assert.deepEqual(first.errors, [])
  assert.equal(first.data.requestTwinning.twinning.name, 'made')
  assert.deepEqual(
    asked.map(({ method, type }) => `${method} ${type}`),
    ['POST application/json', 'POST application/xml', 'POST application/xml'],
  )
  assert.deepEqual(parseXml(asked[1]?.body ?? ''), { twinning: { role: 'Secondary', name: 'made' } })
})

const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, i) => `<!ENTITY ${String.fromCharCode(98 + i)} "&${String.fromCharCode(97 + i)};&${String.fromCharCode(97 + i)};">`).join('')}]><twinningList>&u;</twinningList>`

for (const [what, body] of [
  ['entities of its own', laughs],
  [
    'an external entity',
    '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><twinningList>&x;</twinningList>',
  ],
  ['ten thousand levels', `<twinningList>${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}</twinningList>`],
  ['an end missing', '<twinningList><twinning>'],
  ['another root', '<html><body>sorry</body></html>'],
] as const)
  test(`XML with ${what} is UPSTREAM_INVALID_RESPONSE, soon`, async (t) => {
    const { ask } = await startXml(t, (_, response) => response.end(document(body)))
    const started = performance.now()

    const { errors } = await ask(list)

    assert.deepEqual(
      errors.map(({ extensions }) => extensions.code),
      ['UPSTREAM_INVALID_RESPONSE'],
    )
    assert.ok(performance.now() - started < 1500)
  })

test('a code that stands in XML that can’t be used is not repeated', async (t) => {
  const { ask } = await startXml(t, (_, response) =>
    response.end(
      document(
        `<twinningList>${element('x', 'twinning', '<activationCode>SECRET-42</activationCode>').replace('Secondary', 'SECRET-42')}</twinningList>`,
      ),
    ),
  )

  const { errors, extensions } = await ask(list)

  assert.doesNotMatch(JSON.stringify([errors, extensions]), /SECRET-42/)
})

test('what is printed is read again as it was', () => {
  const twinning = {
    role: 'Secondary',
    name: 'a < b & "c" \'d\'',
    otherDevice: { address: watch, name: 'é 漢' },
    tag: ['x', 'y'],
  }

  assert.deepEqual(parseXml(printXml({ twinning })), { twinning })
})

for (const [type, body, expected] of [
  ['application/xml', '', true],
  ['text/xml; charset=utf-8', '', true],
  ['application/vnd.oma+xml', '', true],
  [undefined, '<?xml version="1.0"?><x/>', true],
  ['text/plain', ' <tw:twinning xmlns:tw="x"/>', true],
  ['application/json', '{}', false],
  ['text/html', '<html></html>', false],
] as const)
  test(`${type ?? 'no type'} with ${body === '' ? 'any body' : body} is ${expected ? '' : 'not '}XML`, () => {
    assert.equal(isXml(type, body), expected)
  })
