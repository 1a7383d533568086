import type { DeviceAddress } from '../domain/address.ts'

/** Who calls, as far as the access token says. */
export type Principal = {
  /** The device that the token was issued to. */
  readonly address: DeviceAddress | undefined
  readonly scopes: ReadonlySet<string>
  /** One name for one caller, for what is kept by caller; empty for nobody. */
  readonly caller: string
  /** By which its tokens, or this one, can be revoked. */
  readonly names: readonly string[]
  /** AUTH=off: whoever it is may do everything. */
  readonly everything: boolean
  /** The token itself, for operators that are asked in the caller's name. */
  readonly token: string | undefined
  /** When the token is no longer accepted, in ms since 1970: a stream must not outlive it. */
  readonly expiresAt: number | undefined
}

/** What can be done with a device's twinnings. */
export type Right =
  /** Read them as they are. */
  | 'read'
  /** Read them with their addresses masked and without their names. */
  | 'read masked'
  /** Request, activate, toggle, rename, delete. */
  | 'write'
  /** SecondaryTwinning.voicemailAccess, on what can be read as it is. */
  | 'voicemail'
  /** activationCode and authCode. */
  | 'codes'

type Row = { readonly own: readonly Right[]; readonly any: readonly Right[] }

/**
 * Who may see and do what: for each scope, what it gives on the device that the token was issued to, and on any other.
 * Scopes add up; nothing takes away. `twinning:voicemail` alone reads nothing, as 'voicemail' needs 'read' beside it.
 * `twinningStatistics` takes `twinning:analytics` by its directive in the schema; `twinning:explain` is `mayExplain`'s.
 */
const table: Readonly<Record<string, Row>> = {
  'twinning:read': { own: ['read'], any: [] },
  'twinning:read:any': { own: ['read'], any: ['read'] },
  'twinning:write': { own: ['write'], any: [] },
  'twinning:write:any': { own: ['write'], any: ['write'] },
  'twinning:voicemail': { own: ['voicemail'], any: ['voicemail'] },
  'twinning:analytics': { own: ['read masked'], any: ['read masked'] },
}

/** What a token that was issued to a device gives on that device, whatever its scopes: the codes are for it alone. */
const byAddress: readonly Right[] = ['codes']

/** Nobody: what is left of a caller without a valid token. */
export const nobody: Principal = {
  address: undefined,
  scopes: new Set(),
  caller: '',
  names: [],
  everything: false,
  token: undefined,
  expiresAt: undefined,
}

/** True if the caller has the right on this device's twinnings. Pure: to be asked before anything is read. */
export function allowed(principal: Principal, right: Right, device: DeviceAddress): boolean {
  if (principal.everything) return true
  const own = principal.address === device
  if (right === 'voicemail' && !allowed(principal, 'read', device)) return false
  if (own && byAddress.includes(right)) return true
  return [...principal.scopes].some((scope) => {
    const row = Object.hasOwn(table, scope) ? table[scope] : undefined
    return row?.[own ? 'own' : 'any'].includes(right) ?? false
  })
}

/** True if the token has every scope of one of the alternatives, as `@requiresScopes` means it. */
export function hasScopes(principal: Principal, alternatives: readonly (readonly string[])[]): boolean {
  if (principal.everything) return true
  return alternatives.some((scopes) => scopes.every((scope) => principal.scopes.has(scope)))
}

/** True for a caller who may see what it takes to answer: for those who run the gateway, and no right on any device. */
export function mayExplain(principal: Principal): boolean {
  return hasScopes(principal, [['twinning:explain']])
}

/** True for a caller with a valid token, as `@authenticated` means it. */
export function isAuthenticated(principal: Principal): boolean {
  return principal.everything || principal.token !== undefined
}
