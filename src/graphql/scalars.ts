import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { parseAddress, type DeviceAddress as Address } from '../domain/address.ts'

/** `DeviceAddress`: whatever comes in is brought to normal form; what goes out is in it already, or masked. */
export const DeviceAddress = new GraphQLScalarType<Address, string>({
  name: 'DeviceAddress',
  parseValue: readAddress,
  parseLiteral: (node) => readAddress(node.kind === Kind.STRING ? node.value : undefined),
  serialize: asText,
})

/** `URL`: only ever an answer. */
export const URL = new GraphQLScalarType<string, string>({ name: 'URL', serialize: asText })

/** An address that came in as a value. Throws GraphQLError with code BAD_USER_INPUT. */
export function readAddress(value: unknown): Address {
  const address = typeof value === 'string' ? parseAddress(value.trim()) : undefined
  if (address !== undefined) return address
  throw new GraphQLError('expected a tel:, sip:, sips: or acr: URI, such as tel:+15550101', {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('expected a text to answer')
}
