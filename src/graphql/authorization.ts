import {
  defaultFieldResolver,
  getNamedType,
  isObjectType,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'
import { hasScopes, isAuthenticated, type Principal } from '../auth/policy.ts'
import { Forbidden, Unauthenticated, type GatewayError } from '../errors.ts'
import type { Context } from './context.ts'

/** Says what a directive finds missing in a caller, or nothing. */
type Check = (principal: Principal) => GatewayError | undefined

/**
 * Enforces `@authenticated` and `@requiresScopes` where they stand: on a field, on its type, on what it answers, and on
 * an interface for all that implement it (federation v2.5). Every way to a field leads through its resolver on the
 * concrete type: aliases, fragments, interfaces and `_entities` alike. The check comes before the resolver, so that
 * nothing is loaded in vain.
 */
export function enforceAuthorization(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    const interfaces = type.getInterfaces()
    for (const field of Object.values(type.getFields())) {
      const checks = [
        field.astNode,
        ...interfaces.map((parent) => parent.getFields()[field.name]?.astNode),
        ...[type, ...interfaces, getNamedType(field.type)].flatMap(nodesOf),
      ].flatMap((node) => (node?.directives ?? []).flatMap((directive) => checkOf(directive) ?? []))
      if (checks.length > 0) guard(field, checks)
    }
  }
  return schema
}

function nodesOf(type: GraphQLNamedType) {
  return [type.astNode, ...type.extensionASTNodes]
}

function guard(field: GraphQLField<unknown, unknown>, checks: readonly Check[]): void {
  const { resolve = defaultFieldResolver, subscribe } = field
  const check = (context: unknown) => {
    const { principal } = context as Context
    const failure = checks.map((find) => find(principal)).find((found) => found !== undefined)
    if (failure) throw failure
  }
  field.resolve = (parent, args, context, info) => {
    check(context)
    return resolve(parent, args, context, info)
  }
  if (!subscribe) return
  field.subscribe = (parent, args, context, info) => {
    check(context)
    return subscribe(parent, args, context, info)
  }
}

function checkOf(directive: ConstDirectiveNode): Check | undefined {
  // A schema that does not import them by name may spell them so.
  switch (directive.name.value.replace(/^federation__/, '')) {
    case 'authenticated':
      return (principal) =>
        isAuthenticated(principal) ? undefined : new Unauthenticated('an access token is needed here')
    case 'requiresScopes': {
      const alternatives = scopesOf(directive)
      const needed = alternatives.map((scopes) => scopes.join(' and ')).join(', or ')
      return (principal) =>
        hasScopes(principal, alternatives)
          ? undefined
          : new Forbidden(`the access token lacks the scope ${needed}`)
    }
    default:
      return undefined
  }
}

/** The argument of `@requiresScopes`: an OR of ANDs. A schema that has it wrong must not start. */
function scopesOf(directive: ConstDirectiveNode): string[][] {
  const argument = directive.arguments?.find(({ name }) => name.value === 'scopes')
  const value: unknown = argument && valueFromASTUntyped(argument.value)
  const isScopes = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((s) => typeof s === 'string')
  if (Array.isArray(value) && value.every(isScopes)) return value
  throw new TypeError('@requiresScopes: expected scopes to be lists of lists of texts')
}
