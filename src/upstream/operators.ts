import type { Operator } from '../config/operators.ts'
import type { DeviceAddress } from '../domain/address.ts'
import { BadUserInput } from '../errors.ts'
import { createOmaClient, type OmaClient } from './client.ts'
import { createCredentials } from './credentials.ts'
import { createExchange } from './exchange.ts'
import { compilePattern } from '../domain/match.ts'
import { createResilience } from './resilience.ts'
import { createTransport } from './transport.ts'

/** An operator, ready to be asked. */
export type OperatorLink = {
  readonly id: string
  readonly client: OmaClient
  /** Answers are shared among the callers of one partition; see Credentials. */
  readonly partition: (callerToken: string | undefined) => string
}

export type Operators = {
  /** The operator with the longest match of the address; throws BadUserInput where none serves it. */
  readonly route: (device: DeviceAddress) => OperatorLink
  /** As `route`, but `undefined` where none serves it. */
  readonly find: (device: DeviceAddress) => OperatorLink | undefined
  readonly has: (operatorId: string) => boolean
  readonly close: () => Promise<void>
}

/** One client, with its own connections and credentials, for each operator. */
export function createOperators(list: readonly Operator[], timeoutMs: number): Operators {
  const links = list.map(({ id, serverRoot, auth, match, tls }) => {
    const transport = createResilience({
      operator: id,
      transport: createTransport({ operator: id, serverRoot, timeoutMs, tls }),
      timeoutMs,
    })
    const credentials = createCredentials({ operator: id, auth, timeoutMs, tls })
    const exchange = createExchange({
      operator: id,
      transport,
      credentials,
      forwarded: auth.type === 'forward',
    })
    const client = createOmaClient({ operator: id, serverRoot, exchange })
    const link = { id, client, partition: credentials.partition }
    return { link, matchLengths: match.map(compilePattern), transport }
  })

  function find(device: DeviceAddress): OperatorLink | undefined {
    let best: { link: OperatorLink; length: number } | undefined
    for (const { link, matchLengths } of links)
      for (const matchLength of matchLengths) {
        const length = matchLength(device)
        if (length !== undefined && length > (best?.length ?? -1)) best = { link, length }
      }
    return best?.link
  }

  return {
    find,
    route: (device) => {
      const link = find(device)
      if (!link) throw new BadUserInput('no operator serves this device address')
      return link
    },
    has: (operatorId) => links.some(({ link }) => link.id === operatorId),
    close: async () => {
      await Promise.all(links.map(({ transport }) => transport.close()))
    },
  }
}
