import {
  isLeafType,
  isNonNullType,
  isObjectType,
  type DocumentNode,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { nobody } from '../auth/policy.ts'
import type { Sealer } from '../domain/ids.ts'
import type { Context } from '../graphql/context.ts'
import { collectFields, type FieldNodes, type Meant } from '../graphql/cost/collect.ts'
import { fragmentsOf } from '../graphql/fragments.ts'
import { typeOf, type TwinningType } from '../graphql/resolvers/twinning.ts'
import type { VisibleTwinning } from '../twinnings/visible.ts'

/** The JSON of a twinning, as execution would have it. Throws where execution would have to say more than that. */
export type Render = (visible: VisibleTwinning) => string

type Write = (value: unknown) => string
/** Without the last argument: what looks at where it stands is nothing plain. */
type Resolve = (parent: unknown, args: object, context: unknown) => unknown

/**
 * Compiles what is selected of `_entities` (`shapeOf` has found it plain) to a function that calls the schema's own
 * resolvers and scalars. They are called in nobody's name, as what is made of a twinning is for everybody who sees it so:
 * what takes a right of its own is refused, and thereby left to execution. Throws for what is not plain.
 */
export function compileRender({
  schema,
  document,
  selected,
  sealer,
}: {
  schema: GraphQLSchema
  document: DocumentNode
  selected: SelectionSetNode
  sealer: Sealer
}): Render {
  const meant: Meant = { schema, fragments: fragmentsOf(document), variables: {}, looked: { at: 0 } }
  // What it costs is known from its estimate, which has been held against the limit by then.
  const context: Pick<Context, 'principal' | 'sealer'> & {
    readonly budget: Pick<Context['budget'], 'spend'>
  } = { principal: nobody, sealer, budget: { spend: () => undefined } }

  /** An object's fields, merged and in their order. */
  function objectWriter(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Write {
    const fields = [...collectFields(type, sets, meant)].map(([name, nodes], n) => ({
      start: `${n === 0 ? '' : ','}${JSON.stringify(name)}:`,
      write: fieldWriter(type, nodes),
    }))
    return (parent) => {
      const parts = ['{']
      for (const { start, write } of fields) parts.push(start, write(parent))
      parts.push('}')
      // What is added up bit by bit is kept in as many bits, which takes the garbage collector long to move.
      return parts.join('')
    }
  }

  function fieldWriter(parent: GraphQLObjectType, nodes: FieldNodes): Write {
    const name = nodes[0].name.value
    if (name === '__typename') {
      const json = JSON.stringify(parent.name)
      return () => json
    }
    const { resolve, type } = parent.getFields()[name] ?? unusual()
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const [value, write] = [(resolve ?? unusual()) as Resolve, valueWriter(type, sets)]
    return (object) => write(value(object, {}, context))
  }

  function valueWriter(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Write {
    if (isNonNullType(type)) {
      const write = presentWriter(type.ofType, sets)
      return (value) => write(value ?? unusual())
    }
    const write = presentWriter(type, sets)
    return (value) => (value === null || value === undefined ? 'null' : write(value))
  }

  function presentWriter(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Write {
    if (isLeafType(type)) return leafWriter(type)
    if (!isObjectType(type) || type.isTypeOf) return unusual()
    const write = objectWriter(type, sets)
    return (value) => (value instanceof Error || isPromise(value) ? unusual() : write(value))
  }

  const writers: Readonly<Record<TwinningType, Write>> = {
    PrimaryTwinning: writerOf('PrimaryTwinning'),
    SecondaryTwinning: writerOf('SecondaryTwinning'),
  }
  function writerOf(name: TwinningType): Write {
    const type = schema.getType(name)
    return isObjectType(type) ? objectWriter(type, [selected]) : unusual()
  }

  return (visible) => writers[typeOf(visible)](visible)
}

/** What serializes nothing but values: a promise or an error is none to any of them. */
function leafWriter(type: GraphQLLeafType): Write {
  return (value) => {
    if (value instanceof Error) return unusual()
    const json = JSON.stringify(type.serialize(value) ?? unusual()) as string | undefined
    return json ?? unusual()
  }
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}

function unusual(): never {
  throw new TypeError('this is left to execution')
}
