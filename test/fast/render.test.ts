// What is made of a twinning without execution is what execution makes of it, to the byte; or it is not made.
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  execute,
  isInterfaceType,
  isObjectType,
  parse,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import { nobody } from '../../src/auth/policy.ts'
import { createSealer } from '../../src/domain/ids.ts'
import type { DeviceAddress } from '../../src/domain/address.ts'
import type { Twinning } from '../../src/domain/twinning.ts'
import { shapeOf } from '../../src/fast/plan.ts'
import { compileRender } from '../../src/fast/render.ts'
import { enforceAuthorization } from '../../src/graphql/authorization.ts'
import { createCaching } from '../../src/graphql/caching.ts'
import { createBudget } from '../../src/graphql/cost/budget.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import type { VisibleTwinning } from '../../src/twinnings/visible.ts'

const sealer = createSealer([Buffer.alloc(32, 1)])
const own = 'tel:+15560101' as DeviceAddress
const other = 'sip:jö"e@example.com' as DeviceAddress

const base: Twinning = {
  ref: { operatorId: 'beta', device: own, twinningId: 's1' },
  role: 'SECONDARY',
  twinningStatus: 'ON',
  ownAddress: own,
  resourceURL: 'https://beta.example/twinning/v1/tel%3A%2B15560101/twinnings/s1',
}
const twinnings: Readonly<Record<string, Twinning>> = {
  plain: base,
  named: { ...base, name: 'My "wätch"\n\u2028 手机 \ud800', otherDevice: { address: other, name: '' } },
  primary: { ...base, role: 'PRIMARY', name: '', twinningStatus: 'PENDING', otherDevice: { address: other } },
  off: { ...base, twinningStatus: 'OFF', resourceURL: 'https://beta.example/a%2', codes: { authCode: 'x' } },
}

const all =
  '__typename id role name twinningStatus ownAddress resourceURL otherDevice { __typename address name }'
const selections: Readonly<Record<string, string>> = {
  all: `{ ... on Twinning { ${all} } }`,
  typename: '{ __typename }',
  nothing: '{ ... on Device { __typename } }',
  'another order':
    '{ ... on Twinning { name id } ... on SecondaryTwinning { role } ... on Twinning { id __typename } }',
  aliases:
    '{ ... on Twinning { a: id b: id id a: id __proto__: name constructor: role toString: __typename } }',
  'of one role': '{ ... on PrimaryTwinning { id } ... on SecondaryTwinning { name } __typename }',
  'of one role within': '{ ... on Twinning { name ... on PrimaryTwinning { id } ... { role } } }',
  'objects merged':
    '{ ... on Twinning { otherDevice { name } } ... on SecondaryTwinning { o: otherDevice { n: name } otherDevice { address name } } ...O }',
  'one object by several names':
    '{ ... on Twinning { a: otherDevice { address } b: otherDevice { a: address } } }',
  fragments: '{ ...F ...G ...F }',
}
const fragments = `
  fragment F on Twinning { id ...G name }
  fragment G on SecondaryTwinning { name otherDevice { ...H ...H } twinningStatus }
  fragment H on OtherDevice { name a: address }
  fragment O on Twinning { otherDevice { z: address ...H } }`

function documentOf(selection: string) {
  const used = /\.\.\.[A-Z]/.test(selection) ? fragments : ''
  return parse(`query ($r: [_Any!]!) { _entities(representations: $r) ${selection} } ${used}`)
}

function compile(schema: GraphQLSchema, selection: string) {
  const document = documentOf(selection)
  const shape = shapeOf(document)
  assert.ok(shape, selection)
  return compileRender({ schema, document, selected: shape.selected, sealer })
}

/** What graphql-js makes of it, given that it is found. */
async function executed(schema: GraphQLSchema, selection: string, visible: VisibleTwinning) {
  const { data, errors } = await execute({
    schema,
    document: documentOf(selection),
    variableValues: { r: [{ __typename: 'Twinning', id: 'x' }] },
    contextValue: {
      principal: nobody,
      sealer,
      reader: { twinning: () => Promise.resolve(visible) },
      caching: createCaching({ sealer, tags: true }),
      budget: createBudget({ max: 1000, mode: 'enforce' }),
    },
  })
  assert.equal(errors, undefined)
  return JSON.stringify((data?._entities as unknown[])[0])
}

for (const [what, selection] of Object.entries(selections))
  test(`what is selected is told as execution tells it: ${what}`, async () => {
    const schema = createSchema('full')
    const render = compile(schema, selection)
    for (const [which, twinning] of Object.entries(twinnings))
      for (const sight of ['full', 'masked'] as const) {
        const visible = { twinning, sight }
        assert.equal(render(visible), await executed(schema, selection, visible), `${which}, ${sight}`)
      }
  })

/** A schema in which one field is answered otherwise. */
function schemaWith(name: string, resolve: GraphQLFieldResolver<unknown, unknown>, on = 'SecondaryTwinning') {
  const schema = createSchema('full')
  const type = schema.getType(on)
  const field = isObjectType(type) ? type.getFields()[name] : undefined
  assert.ok(field)
  field.resolve = resolve
  return schema
}

const unusual: Readonly<Record<string, GraphQLSchema>> = {
  'a resolver that throws': schemaWith('name', () => {
    throw new Error('no')
  }),
  'a promise': schemaWith('name', () => Promise.resolve('later')),
  'a promise of an object': schemaWith('otherDevice', () => Promise.resolve(null)),
  'an error for an answer': schemaWith('name', () => new Error('no')),
  'an error for an object': schemaWith('otherDevice', () => new Error('no')),
  'null where there must be something': schemaWith('role', () => null),
  'nothing where there must be something, further in': schemaWith('address', () => undefined, 'OtherDevice'),
  'no value of its type': schemaWith('twinningStatus', () => 'BROKEN'),
  'no text': schemaWith('resourceURL', () => 7),
  'something that looks at where it stands': schemaWith('name', (_, __, ___, info) => info.fieldName),
  'something that looks at who asks': schemaWith('name', (_, __, context) =>
    (context as { reader: { mayRead: () => boolean } }).reader.mayRead() ? 'x' : 'y',
  ),
}

for (const [what, schema] of Object.entries(unusual))
  test(`it is left to execution: ${what}`, () => {
    const render = compile(schema, selections.all ?? '')
    const visible = { twinning: { ...base, otherDevice: { address: other } }, sight: 'full' } as const
    assert.throws(() => render(visible), Error)
    // What is not asked for does no harm.
    assert.equal(
      compile(schema, '{ ... on Twinning { id } }')(visible),
      `{"id":"${sealer.sealRef(base.ref)}"}`,
    )
  })

test('what takes a right beyond seeing the twinning is left to execution, whoever asks', () => {
  const schema = createSchema('full')
  const [type, query] = [schema.getType('Twinning'), schema.getType('Query')]
  assert.ok(isInterfaceType(type) && isObjectType(query))
  const field = type.getFields().name
  assert.ok(field)
  // As `@requiresScopes` stands there.
  field.astNode = query.getFields().twinningStatistics?.astNode
  enforceAuthorization(schema)

  const render = compile(schema, selections.all ?? '')
  assert.throws(() => render({ twinning: base, sight: 'full' }), /lacks the scope/)
})
