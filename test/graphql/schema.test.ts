import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test, { type TestContext } from 'node:test'
import {
  buildClientSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  visit,
  type ASTNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql'
import { startGateway, watch } from '../support/gateway.ts'

const contract = parse(readFileSync(new URL('../fixtures/contract.graphql', import.meta.url), 'utf8'))

async function readSdl(t: TestContext, environment: Record<string, string> = {}): Promise<DocumentNode> {
  const { query, token } = await startGateway(t, { environment })
  const { data } = await query(await token('', watch), '{ _service { sdl } }')
  return parse(data._service.sdl as string)
}

async function introspect(t: TestContext): Promise<GraphQLSchema> {
  const { query } = await startGateway(t, { environment: { EXPLORER: 'on' } })
  const { data } = await query(undefined, getIntrospectionQuery({ specifiedByUrl: true }))
  return buildClientSchema(data as Parameters<typeof buildClientSchema>[0])
}

/** Everything that a document defines, as lines such as `Device.twinnings(first): Int`, each with its directives. */
function linesOf(document: DocumentNode): string[] {
  const lines: string[] = []
  const add = (line: string, node: { readonly directives?: readonly ConstDirectiveNode[] | undefined }) =>
    lines.push(line, ...(node.directives ?? []).map((directive) => `${line} ${print(directive)}`))
  visit(document, {
    enter: (node, _key, _parent, _path, ancestors) => {
      const owner = nameOf(ancestors.findLast(isNamed))
      switch (node.kind) {
        case Kind.FIELD_DEFINITION:
          add(`${owner}.${node.name.value}: ${print(node.type)}`, node)
          for (const argument of node.arguments ?? [])
            add(`${owner}.${node.name.value}(${argument.name.value}): ${print(argument.type)}`, argument)
          break
        case Kind.INPUT_VALUE_DEFINITION:
          if (ancestors.findLast(isNamed)?.kind !== Kind.FIELD_DEFINITION)
            add(`${owner}.${node.name.value}: ${print(node.type)}`, node)
          break
        case Kind.ENUM_VALUE_DEFINITION:
          add(`${owner}.${node.name.value}`, node)
          break
        case Kind.OBJECT_TYPE_DEFINITION:
        case Kind.INTERFACE_TYPE_DEFINITION:
          add(`${node.kind} ${node.name.value}`, node)
          for (const parent of node.interfaces ?? [])
            lines.push(`${node.name.value} implements ${parent.name.value}`)
          break
        case Kind.SCALAR_TYPE_DEFINITION:
        case Kind.ENUM_TYPE_DEFINITION:
        case Kind.INPUT_OBJECT_TYPE_DEFINITION:
          add(`${node.kind} ${node.name.value}`, node)
      }
    },
  })
  return lines
}

function isNamed(node: ASTNode | readonly ASTNode[]): node is ASTNode & { name: { value: string } } {
  return 'name' in node
}

function nameOf(node: { name: { value: string } } | undefined): string {
  return node?.name.value ?? ''
}

test('the schema has all that the contract names: types, fields, arguments, values, nullability, directives', async (t) => {
  const wanted = linesOf(contract)
  const ours = new Set(linesOf(await readSdl(t)))

  assert.deepEqual(
    wanted.filter((line) => !ours.has(line)),
    [],
  )
  assert.ok(wanted.includes('Device.twinnings(first): Int'))
  assert.ok(wanted.includes('RequestTwinningInput.idempotencyKey: String'))
  assert.ok(wanted.includes('UserErrorCode.CONFLICT'))
  assert.ok(wanted.includes('InterfaceTypeDefinition Twinning @key(fields: "id")'))
  assert.equal(wanted.length, 168)
})

test('what the schema adds to the contract breaks no query: no argument or input field of ours is required', async (t) => {
  const wanted = new Set(linesOf(contract))
  const added = linesOf(await readSdl(t)).filter((line) => !wanted.has(line) && !line.includes('@'))

  assert.deepEqual(
    added.filter((line) => /\(.*\): .*!$|Input\..*!$/.test(line)),
    [],
  )
})

test('every type, field, argument, enum value and input field is described', async (t) => {
  const sdl = await readSdl(t)
  const undescribed: string[] = []

  visit(sdl, {
    enter: (node, _key, _parent, _path, ancestors) => {
      if ('description' in node || /Definition$/.test(node.kind)) {
        const { description } = node as { description?: { value: string } }
        const path = [...ancestors.filter(isNamed), node].filter(isNamed).map(nameOf).join('.')
        if (path !== '' && !description?.value.trim()) undescribed.push(path)
      }
    },
  })

  assert.deepEqual(undescribed, [])
})

test('descriptions reach a client by introspection, those of scalars too', async (t) => {
  const schema = await introspect(t)
  const own = Object.values(schema.getTypeMap()).filter(
    ({ name }) => !/^_|^(?:String|Int|Float|Boolean|ID|federation__\w+|link__\w+)$/.test(name),
  )

  const undescribed = own.flatMap((type) => {
    const fields =
      isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
        ? Object.values<{ name: string; description?: unknown }>(type.getFields()).filter(
            ({ name }) => !/^_/.test(name),
          )
        : isEnumType(type)
          ? type.getValues()
          : []
    return [type, ...fields]
      .filter(({ description }) => !description)
      .map(({ name }) => `${type.name} ${name}`)
  })

  assert.deepEqual(undescribed, [])
  assert.ok(own.some(({ name }) => name === 'DeviceAddress'))
})

test('federation is linked at a version that gateways of today read: 2.9 at most', async (t) => {
  const links = (await readSdl(t)).definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_EXTENSION || definition.kind === Kind.SCHEMA_DEFINITION
      ? (definition.directives ?? []).filter(({ name }) => name.value === 'link').map((link) => print(link))
      : [],
  )

  const versions = links.flatMap(
    (link) => /specs\.apollo\.dev\/federation\/v(\d+)\.(\d+)/.exec(link)?.slice(1) ?? [],
  )
  const [major, minor] = versions.map(Number)
  assert.equal(versions.length, 2)
  assert.equal(major, 2)
  // v2.5 brought @requiresScopes.
  assert.ok(minor !== undefined && minor >= 5 && minor <= 9, `got v2.${minor}`)
})

test('the plain SDL lacks the authorization directives and nothing else', async (t) => {
  const full = linesOf(await readSdl(t))
  const plain = await readSdl(t, { SDL_TARGET: 'plain' })

  assert.deepEqual(
    linesOf(plain),
    full.filter((line) => !/ @(?:requiresScopes|authenticated|policy)\b/.test(line)),
  )
  assert.doesNotMatch(print(plain), /@requiresScopes|@authenticated|@policy/)
})

test('no type of the schema is named in _Entity but the entities', async (t) => {
  const union = (await introspect(t)).getType('_Entity')

  assert.ok(union && 'getTypes' in union)
  assert.deepEqual(
    union
      .getTypes()
      .map(({ name }) => name)
      .sort(),
    ['Device', 'PrimaryTwinning', 'SecondaryTwinning'],
  )
})
