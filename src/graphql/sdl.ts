import { readdirSync, readFileSync } from 'node:fs'
import { concatAST, Kind, parse, print, visit, type DocumentNode } from 'graphql'

/** `full`, or `plain`: without authorization directives, which some gateways refuse in a supergraph. */
export type SdlTarget = 'full' | 'plain'

const folder = new URL('../../schema/', import.meta.url)
const authorization = new Set(['authenticated', 'requiresScopes', 'policy'])

/** The schema of the files in schema/, in the order of their names. */
export function readSchema(): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return concatAST(
    files.sort().map((name) => parse(readFileSync(new URL(name, folder), 'utf8'), { noLocation: true })),
  )
}

/** The SDL that a composer gets. The subgraph enforces the authorization directives whichever it is. */
export function sdlOf(schema: DocumentNode, target: SdlTarget): string {
  return print(target === 'full' ? schema : withoutAuthorization(schema))
}

/** The schema as clients see it: without the directives that speak to composers. */
export function clientSchemaOf(schema: DocumentNode): string {
  const nothing = () => null
  return print(
    visit(schema, {
      SchemaExtension: nothing,
      DirectiveDefinition: nothing,
      Directive: ({ name }) => (name.value === 'deprecated' ? undefined : null),
    }),
  )
}

function withoutAuthorization(schema: DocumentNode): DocumentNode {
  return visit(schema, {
    Directive: (node) => (authorization.has(node.name.value.replace(/^federation__/, '')) ? null : undefined),
    // Their names in the list that @link imports.
    ListValue: (node) => ({
      ...node,
      values: node.values.filter(
        (value) => !(value.kind === Kind.STRING && authorization.has(value.value.replace(/^@/, ''))),
      ),
    }),
  })
}
