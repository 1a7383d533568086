// A small world to try the gateway in: two operators that trust each other, an issuer of tokens, and people
// with devices.
import type { WireRole } from '../oma/wire.ts'
import { createCharacters } from './characters.ts'
import type { Characters } from './characters.ts'
import { createIssuer } from './issuer.ts'
import type { Issuer } from './issuer.ts'
import { createOperator } from './operator.ts'
import type { Operator } from './operator.ts'
import { populate } from './population.ts'
import { newSecret } from './secret.ts'
import type { Settings } from './settings.ts'

export type SandboxOptions = {
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly ports?: { readonly alpha?: number; readonly beta?: number; readonly issuer?: number }
  /** Whether some twinnings are there already. */
  readonly seed?: boolean
  readonly vmAddressOn?: WireRole
  /** The clock of all of them, in milliseconds. */
  readonly now?: () => number
}

/** One entry of OMA_OPERATORS_FILE. */
export type OperatorEntry = {
  readonly id: string
  readonly serverRoot: string
  readonly match: readonly string[]
  readonly auth: {
    readonly type: 'client_credentials'
    readonly tokenUrl: string
    readonly clientId: string
    readonly clientSecret: string
  }
}

export type Sandbox = {
  readonly operators: { readonly alpha: Operator; readonly beta: Operator }
  readonly issuer: Issuer
  readonly characters: Characters
  /** A token that both operators' Twinning APIs accept, for a person with curl. */
  readonly accessToken: string
  /** What OMA_OPERATORS_FILE holds for a gateway that is to use them. */
  readonly operatorTable: readonly OperatorEntry[]
  /** Prompt whatever hangs; may be called twice. */
  readonly close: () => Promise<void>
}

type Part = { readonly close: () => Promise<void> }

/** Starts the world; if a part of it cannot start, none of it stays. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', ports = {}, seed = true, vmAddressOn = 'Secondary', now = Date.now } = options
  const accessToken = newSecret()
  const parts: Part[] = []
  const close = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.close()))
  }
  const started = <T extends Part>(part: T): T => {
    parts.push(part)
    return part
  }
  const settings: Partial<Settings> = { auth: 'required', accessTokens: [accessToken], vmAddressOn }
  const common = { host, settings, now }
  try {
    const alpha = started(await createOperator({ ...common, ...alphaIs, port: ports.alpha ?? 0 }))
    const beta = started(await createOperator({ ...common, ...betaIs, port: ports.beta ?? 0 }))
    const issuer = started(await createIssuer({ host, port: ports.issuer ?? 0, now }))
    introduce(alpha, beta)
    if (seed) await populate({ alpha, beta, accessToken })
    return {
      operators: { alpha, beta },
      issuer,
      characters: createCharacters(issuer),
      accessToken,
      operatorTable: [entryOf(alpha), entryOf(beta)],
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const alphaIs = { id: 'alpha', owns: ['tel:+1555', 'sip:*@alpha.example'], voicemailAddress: 'tel:+15550999' }
const betaIs = { id: 'beta', owns: ['tel:+1556', 'sip:*@beta.example'], voicemailAddress: 'tel:+15560999' }

/** Makes two operators trust each other. */
export function introduce(one: Operator, other: Operator): void {
  const secret = newSecret()
  one.peerWith({ id: other.id, serverRoot: other.serverRoot, secret })
  other.peerWith({ id: one.id, serverRoot: one.serverRoot, secret })
}

function entryOf({ id, serverRoot, match, tokenUrl, client }: Operator): OperatorEntry {
  return { id, serverRoot, match, auth: { type: 'client_credentials', tokenUrl, ...client } }
}
