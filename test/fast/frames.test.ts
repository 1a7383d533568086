// Representations that are found where they stand are those that parsing finds.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { DeviceAddress } from '../../src/domain/address.ts'
import { createSealer } from '../../src/domain/ids.ts'
import { createFrames } from '../../src/fast/frames.ts'
import { createPlaces } from '../../src/fast/places.ts'
import type { Plan } from '../../src/fast/plans.ts'
import type { Representation } from '../../src/fast/representations.ts'
import type { OperatorLink } from '../../src/upstream/operators.ts'
import { idsFrom } from './requests.ts'
import { startBoth } from './support.ts'

const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Twinning { id name } } }'
const plan = { name: 'a plan' } as object as Plan
const sealer = createSealer([Buffer.alloc(32)])
const idOf = (device: string, twinningId: string) =>
  sealer.sealRef({ operatorId: 'beta', device: device as DeviceAddress, twinningId })
const refTo = (id: string, __typename: Representation['__typename'] = 'Twinning') => ({ __typename, id })
const bodyOf = (r: unknown, before: object = { query }) => JSON.stringify({ ...before, variables: { r } })

// Of several lengths.
const known = [
  refTo(idOf('tel:+15560101', 's1')),
  refTo(idOf('tel:+1556010', 's2'), 'PrimaryTwinning'),
  refTo(idOf('sip:watch@example.com', 'one-that-is-longer'), 'SecondaryTwinning'),
  refTo(idOf('tel:+15560101', 's1'), 'SecondaryTwinning'),
]

function setUp() {
  const link = { id: 'beta', partition: () => '' } as Partial<OperatorLink> as OperatorLink
  const places = createPlaces({ sealer, operators: { find: () => link }, maxBytes: 1_000_000 })
  const frames = createFrames(places)
  const learn = (r: Representation[], text = bodyOf(r)) => {
    r.forEach(places.of)
    frames.learn(Buffer.from(text), plan, r)
  }
  const read = (text: string) =>
    frames.read(Buffer.from(text))?.places.map(({ type, id }) => ({ __typename: type, id }))
  return { frames, learn, read }
}

test('those that were seen before are found, in any order and number', () => {
  const { frames, learn, read } = setUp()
  const [one] = known
  assert.equal(read(bodyOf(known)), undefined)

  learn(known)

  for (const chosen of [known, known.toReversed(), [one], [one, one, one], [...known, ...known]])
    assert.deepEqual(read(bodyOf(chosen)), chosen)
  assert.equal(frames.read(Buffer.from(bodyOf([one])))?.plan, plan)
})

test('what differs in one byte is not found', () => {
  const { learn, read } = setUp()
  learn(known)
  const text = bodyOf(known)
  const another = refTo(idOf('tel:+15560101', 's3'))

  for (const other of [
    bodyOf([another]),
    bodyOf([...known, another]),
    bodyOf([]),
    bodyOf(known, { query: query.replace('name', 'role') }),
    bodyOf(known, { query, operationName: null }),
    text.replace('"r"', '"s"'),
    `${text} `,
    text.slice(0, -1),
    `${text}}`,
    text.replace('},{', '}, {'),
    text.replace('},{', '},,{'),
    text.replace('},{', '}{'),
    text.replace('"}]', '"},]'),
    text.replace('"}]', '","x":1}]'),
    text.replace('Twinning', 'Device'),
    '',
    '{',
  ])
    assert.equal(read(other), undefined, other)
  for (let n = 0; n < text.length; n++)
    assert.equal(read(`${text.slice(0, n)}~${text.slice(n + 1)}`), undefined, `at ${n}`)
  assert.deepEqual(read(text), known)
})

test('nothing is learned where what stands behind them means something', () => {
  for (const text of [
    bodyOf(known).replace(/}$/, ',"query":"{ __typename }"}'),
    bodyOf(known).replace(/}}$/, '},"variables":{"r":[]}}'),
    bodyOf(known).replace(/}}$/, `},"variables":${JSON.stringify({ r: known })}}`),
    bodyOf(known).replace(/}$/, '} '),
    JSON.stringify({ variables: { r: known }, query }),
    JSON.stringify({ query, variables: { r: known } }, null, 1),
  ]) {
    const { learn, read } = setUp()
    learn(known, text)
    assert.equal(read(text), undefined, text)
  }
})

test('bodies that begin in many ways are all known', () => {
  const { learn, read } = setUp()
  const texts = Array.from({ length: 40 }, (_, n) => bodyOf(known, { query: `${query} #${'.'.repeat(n)}` }))

  for (const text of texts) learn(known, text)

  assert.deepEqual(texts.map(read), Array(40).fill(known))
})

test('a plan whose bodies are written in another way is given up, and no other', () => {
  const { frames, learn, read } = setUp()
  const odd = { name: 'another plan' } as object as Plan
  const oddly = (text: string) => Buffer.from(text.replace('},{', '}, {'))

  for (let n = 0; n < 100; n++) frames.learn(oddly(bodyOf(known)), odd, known)
  frames.learn(Buffer.from(bodyOf(known)), odd, known)
  const givenUp = read(bodyOf(known))
  learn(known)

  assert.equal(givenUp, undefined)
  assert.deepEqual(read(bodyOf(known)), known)
})

test('bodies that are written in many ways are answered as without the fast path', async (t) => {
  const both = await startBoth(t)
  const [s1 = '', s2 = '', p1 = ''] = await idsFrom(both)
  const token = await both.fast.token('twinning:read:any')
  const list = [refTo(s1), refTo(s2, 'SecondaryTwinning'), refTo(p1, 'PrimaryTwinning')]
  const usual = bodyOf(list)
  const ways = [
    usual,
    bodyOf(list.toReversed()),
    bodyOf([refTo(s2, 'PrimaryTwinning'), refTo(p1), refTo(s1, 'SecondaryTwinning')]),
    bodyOf([refTo(s1), refTo('nonsense'), refTo(s1)]),
    bodyOf(list.map(({ __typename, id }) => ({ id, __typename }))),
    bodyOf(list.map((one) => ({ ...one, more: 1 }))),
    bodyOf([...list, { __typename: 'Device', address: 'tel:+15560101' }]),
    bodyOf([]),
    bodyOf(list, { query, operationName: null }),
    bodyOf(list, { query: query.replace('query', 'query Named'), operationName: 'Named' }),
    usual.replace(/}}$/, '},"variables":{"r":[]}}'),
    usual.replace(/}}$/, `},"variables":${JSON.stringify({ r: [refTo(p1)] })}}`),
    usual.replace(/}$/, ',"query":"{ __typename }"}'),
    usual.replace(s1, s1.replace(/^A/, '\\u0041')),
    usual.replace('},{', '},\n{'),
    usual.replace('},{', '},,{'),
    `${usual} `,
    `${usual}}`,
    usual.slice(0, -1),
  ]

  for (const round of [1, 2, 3])
    for (const way of ways) {
      await both.ask(token, way, {}, `${round}: ${way}`)
      await both.ask(token, usual, {}, `${round}: after ${way}`)
    }

  assert.ok(both.hits() > 60)
})
