// Documents that are valid by the schema, with whatever a client may write in them.
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql'
import type { Random } from './random.ts'

/** What arguments are made of, by the name of their type. */
export type Values = Readonly<Record<string, readonly unknown[]>>

export type Request = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }

const maxDepth = 5

/** A query of one to three root fields, `without` some. Its arguments are literals or variables, as `values` has them. */
export function randomRequest(
  schema: GraphQLSchema,
  random: Random,
  values: Values,
  without: readonly string[] = [],
): Request {
  const variables: Record<string, unknown> = {}
  const declared: string[] = []
  const fragments: string[] = []
  let aliases = 0

  function variable(type: string, value: unknown): string {
    const name = `v${declared.length}`
    variables[name] = value
    declared.push(`$${name}: ${type}`)
    return `$${name}`
  }

  function argument({ name, type }: GraphQLArgument): string {
    const value = valueOf(type)
    return `${name}: ${random.chance(0.5) ? variable(String(type), value) : literal(value, type)}`
  }

  function valueOf(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return valueOf(type.ofType)
    if (isListType(type)) return Array.from({ length: random.below(5) }, () => valueOf(type.ofType))
    const choices = isEnumType(type) ? type.getValues().map(({ name }) => name) : values[type.name]
    if (!choices) throw new TypeError(`no values of the type ${type.name}`)
    return random.pick(choices)
  }

  function directive(): string {
    if (random.chance(0.9)) return ''
    const flag = random.chance(0.5)
    const condition = random.chance(0.5) ? String(flag) : variable('Boolean!', flag)
    return ` @${random.pick(['include', 'skip'])}(if: ${condition})`
  }

  function fieldText(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args.filter(({ type }) => isNonNullType(type) || random.chance(0.3)).map(argument)
    // Two fields of one name must have the same arguments.
    const alias = field.args.length > 0 || random.chance(0.15) ? `a${(aliases += 1)}: ` : ''
    const type = getNamedType(field.type)
    const inner = isCompositeType(type) ? ` ${selection(type, depth - 1)}` : ''
    return `${alias}${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive()}${inner}`
  }

  function fieldsOf(type: GraphQLCompositeType, depth: number): string[] {
    const fields = 'getFields' in type ? Object.values(type.getFields()) : []
    const within = fields.filter(
      ({ name, type }) => !without.includes(name) && (depth > 0 || !isCompositeType(getNamedType(type))),
    )
    const chosen = random.some(within).map((field) => fieldText(field, depth))
    return random.chance(0.3) || chosen.length === 0 ? [...chosen, '__typename'] : chosen
  }

  function fragmentOn(type: GraphQLCompositeType, depth: number): string {
    const inner = selection(type, depth)
    if (random.chance(0.5)) return `... on ${type.name}${directive()} ${inner}`
    const name = `F${fragments.length}`
    fragments.push(`fragment ${name} on ${type.name} ${inner}`)
    return `...${name}${directive()}`
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    const parts = fieldsOf(type, depth)
    if (depth > 0 && isAbstractType(type))
      for (const narrower of random.some(narrowerThan(schema, type)))
        parts.push(fragmentOn(narrower, depth - 1))
    if (depth > 0 && random.chance(0.1)) parts.push(fragmentOn(type, depth - 1))
    return `{ ${parts.join(' ')} }`
  }

  const root = schema.getQueryType()
  if (!root) throw new TypeError('a schema has a query type')
  const fields = Object.values(root.getFields()).filter(
    ({ name }) => name !== '_service' && !without.includes(name),
  )
  const count = 1 + random.below(3)
  const chosen = Array.from({ length: count }, () => fieldText(random.pick(fields), maxDepth))
  const head = declared.length > 0 ? `(${declared.join(', ')})` : ''
  return { query: [`query Q${head} { ${chosen.join(' ')} }`, ...fragments].join('\n'), variables }
}

/** What an inline fragment in an abstract type may be on. */
function narrowerThan(schema: GraphQLSchema, type: GraphQLCompositeType): GraphQLCompositeType[] {
  if (!isAbstractType(type)) return []
  const possible = schema.getPossibleTypes(type)
  const interfaces = possible.filter(isObjectType).flatMap((one) => one.getInterfaces())
  return [...new Set<GraphQLCompositeType>([...possible, ...interfaces])]
}

function literal(value: unknown, type: GraphQLInputType): string {
  if (isEnumType(getNamedType(type))) return String(value)
  if (Array.isArray(value)) return `[${value.map((one) => literal(one, type)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner, type)}`)
  return `{ ${members.join(', ')} }`
}
