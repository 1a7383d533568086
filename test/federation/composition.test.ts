// The SDL, whole and plain, through the composers of all gateways; and the configuration of those that can't be run here.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import test from 'node:test'
import { buildASTSchema, isObjectType, Kind, parse, print, type GraphQLSchema } from 'graphql'
import { parse as parseYaml } from 'yaml'
import {
  composeForApollo,
  composeForCosmo,
  composeForHive,
  cutContractByCosmo,
  cutContractByHive,
  type Composition,
  type Subgraph,
} from '../../examples/federation/compose.ts'
import { inventorySdl } from '../../examples/federation/inventory/server.ts'
import { readSchema, sdlOf } from '../../src/graphql/sdl.ts'

const inventory: Subgraph = { name: 'inventory', sdl: inventorySdl, url: 'http://inventory.example/' }
const twinning = (target: 'full' | 'plain'): Subgraph => ({
  name: 'twinning',
  sdl: sdlOf(readSchema(), target),
  url: 'http://twinning.example/graphql',
})

const composers = { Apollo: composeForApollo, Hive: composeForHive, Cosmo: composeForCosmo }

function sdlIn(composition: Composition): string {
  return 'sdl' in composition ? composition.sdl : assert.fail(composition.errors.join('\n'))
}

function schemaOf(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl), { assumeValid: true })
}

function fieldsOf(schema: GraphQLSchema, name: string): string[] {
  const type = schema.getType(name)
  return type && 'getFields' in type ? Object.keys(type.getFields()) : []
}

for (const [composer, compose] of Object.entries(composers))
  for (const target of ['full', 'plain'] as const) {
    test(`${composer}'s composer takes the ${target} SDL alone`, () => {
      const schema = schemaOf(sdlIn(compose([twinning(target)])))

      assert.ok(fieldsOf(schema, 'Query').includes('twinningStatistics'))
      assert.ok(fieldsOf(schema, 'Subscription').includes('twinningChanged'))
    })

    test(`${composer}'s composer joins the ${target} SDL with a subgraph that extends Device and all Twinnings`, () => {
      const schema = schemaOf(sdlIn(compose([twinning(target), inventory])))

      assert.ok(fieldsOf(schema, 'Device').includes('twinnings'))
      assert.ok(fieldsOf(schema, 'Device').includes('colour'))
      for (const type of ['Twinning', 'PrimaryTwinning', 'SecondaryTwinning'])
        assert.ok(fieldsOf(schema, type).includes('monthlyFee'), type)
    })
  }

test('composers that are given nonsense refuse it: the tests above can fail', () => {
  const wrong = { ...inventory, sdl: inventorySdl.replace('address: DeviceAddress!', 'address: Int!') }

  for (const [composer, compose] of Object.entries(composers))
    assert.ok('errors' in compose([twinning('full'), wrong]), composer)
})

test('the supergraph holds authorization where the SDL is full, and none where it is plain', () => {
  for (const compose of [composeForApollo, composeForHive]) {
    assert.match(
      sdlIn(compose([twinning('full')])),
      /@requiresScopes\(scopes: \[\["twinning:voicemail"\]\]\)/,
    )
    // What the JavaScript @apollo/gateway refuses.
    assert.doesNotMatch(sdlIn(compose([twinning('plain')])), /requiresScopes|authenticated|for: SECURITY/)
  }
})

test('authorization and cost stand on concrete types alone', () => {
  const onInterfaces = readSchema().definitions.flatMap((definition) =>
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION
      ? [definition, ...(definition.fields ?? [])].flatMap(({ directives = [] }) => directives)
      : [],
  )

  assert.deepEqual([...new Set(onInterfaces.map(({ name }) => name.value))].sort(), ['key', 'tag'])
})

/** The fields of the interface whose implementations differ in what stands on them, tags aside. */
function unlike(sdl: string): string[] {
  const schema = buildASTSchema(parse(sdl), { assumeValidSDL: true })
  const directivesOf = (type: string, field: string) => {
    const object = schema.getType(type)
    const node = isObjectType(object) ? object.getFields()[field]?.astNode : undefined
    return (node?.directives ?? []).map((directive) => print(directive)).filter((text) => !/^@tag/.test(text))
  }
  return fieldsOf(schema, 'Twinning').filter(
    (field) =>
      directivesOf('PrimaryTwinning', field).join(' ') !== directivesOf('SecondaryTwinning', field).join(' '),
  )
}

test('every implementation of an interface field bears the same authorization and cost', () => {
  const { sdl } = twinning('full')
  const [before = '', after = ''] = sdl.split('type SecondaryTwinning')
  const other = `${before}type SecondaryTwinning${after.replace('otherDevice: OtherDevice', 'otherDevice: OtherDevice @cost(weight: 5)')}`

  assert.deepEqual(unlike(sdl), [])
  assert.deepEqual(unlike(other), ['otherDevice'])
})

for (const [cutter, cut] of Object.entries({ Hive: cutContractByHive, Cosmo: cutContractByCosmo })) {
  test(`a contract for partners, cut by ${cutter}, has all but the codes and the counts`, () => {
    const schema = schemaOf(sdlIn(cut([twinning('full'), inventory], 'partner')))

    assert.deepEqual(fieldsOf(schema, 'Query').sort(), [
      'soldDevices',
      'twinning',
      'twinningDevice',
      'twinningDevices',
      'twinnings',
    ])
    assert.equal(fieldsOf(schema, 'Mutation').length, 5)
    const secondary = fieldsOf(schema, 'SecondaryTwinning')
    assert.ok(secondary.includes('voicemailAccess') && secondary.includes('name'))
    assert.ok(!secondary.includes('activationCode') && !secondary.includes('authCode'))
  })

  test(`a contract for analytics, cut by ${cutter}, has counts and twinnings, and nothing personal or to be changed`, () => {
    const schema = schemaOf(sdlIn(cut([twinning('full'), inventory], 'analytics')))

    assert.ok(fieldsOf(schema, 'Query').includes('twinningStatistics'))
    assert.deepEqual(fieldsOf(schema, 'Mutation'), [])
    for (const type of ['Twinning', 'PrimaryTwinning', 'SecondaryTwinning'])
      assert.deepEqual(
        fieldsOf(schema, type).sort(),
        ['id', 'otherDevice', 'ownAddress', 'ownDevice', 'resourceURL', 'role', 'twinningStatus'],
        type,
      )
    assert.deepEqual(fieldsOf(schema, 'OtherDevice').sort(), ['address', 'device'])
  })
}

type Subgraphs = Record<string, { routing_url: string; schema: { file: string } }>

/** The subgraphs that a file of these names, with what its comments say to make; the rest is in the repository. */
function read(folder: string, subgraphs: Subgraphs): Subgraph[] {
  return Object.entries(subgraphs).map(([name, { routing_url: url, schema }]) => ({
    name,
    url,
    sdl:
      schema.file === './twinning.graphql'
        ? sdlOf(readSchema(), 'full')
        : readFileSync(resolve(folder, schema.file), 'utf8'),
  }))
}

function yaml(path: string): Record<string, unknown> {
  return parseYaml(readFileSync(path, 'utf8')) as Record<string, unknown>
}

test("Apollo Router's supergraph.yaml composes, and router.yaml names its subgraphs", () => {
  const path = 'examples/federation/apollo-router/supergraph.yaml'
  const { subgraphs } = yaml(path) as { subgraphs: Subgraphs }
  const router = yaml('examples/federation/apollo-router/router.yaml') as {
    headers: { subgraphs: object }
    supergraph: { listen: string }
    response_cache: { invalidation: { listen: string }; subgraph: { subgraphs: object } }
  }

  sdlIn(composeForApollo(read(dirname(path), subgraphs)))
  // On one machine, as the files stand, with the sandbox beside them.
  const ports = [
    ...Object.values(subgraphs).map(({ routing_url: url }) => new URL(url).port),
    ...[router.supergraph.listen, router.response_cache.invalidation.listen].map((at) => at.split(':')[1]),
    ...['4100', '4101', '4102'],
  ]
  assert.deepEqual([...new Set(ports)], ports)
  assert.deepEqual(Object.keys(router.headers.subgraphs), ['twinning'])
  assert.deepEqual(Object.keys(router.response_cache.subgraph.subgraphs), ['twinning'])
  assert.ok('twinning' in subgraphs)
})

test("Cosmo Router's graph.yaml composes, and config.yaml names its subgraphs", () => {
  const path = 'examples/federation/cosmo-router/graph.yaml'
  const { subgraphs } = yaml(path) as { subgraphs: (Subgraphs[string] & { name: string })[] }
  const config = yaml('examples/federation/cosmo-router/config.yaml') as { headers: { subgraphs: object } }

  sdlIn(composeForCosmo(read(dirname(path), Object.fromEntries(subgraphs.map((one) => [one.name, one])))))
  assert.deepEqual(Object.keys(config.headers.subgraphs), ['twinning'])
})
