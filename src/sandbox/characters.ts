import type { Issuer } from './issuer.ts'

/** Somebody who calls the gateway. */
export type Character = {
  readonly name: string
  /** In one line, for a banner. */
  readonly who: string
  /** Of the device that the token is issued to. */
  readonly address?: string
  readonly clientId?: string
  readonly scope: string
  /** An access token for the gateway, good for twelve hours. */
  readonly token: () => Promise<string>
}

export type Characters = Readonly<Record<'watch' | 'phone' | 'portal' | 'analytics', Character>>

export const watchAddress = 'tel:+15560101'
export const phoneAddress = 'tel:+15550100'

const lifetimeS = 12 * 3_600
// Here everybody may see what an answer takes.
const besides = 'twinning:explain'

/** Two people's devices, which are about to be twinned, and two who look at the devices of others. */
export function createCharacters(issuer: Issuer): Characters {
  const { portal, analytics } = issuer.clients
  const signed = (person: Omit<Character, 'token'>, claims: Record<string, string>): Character => ({
    ...person,
    token: () => issuer.sign({ ...claims, scope: `${person.scope} ${besides}` }, { expiresInS: lifetimeS }),
  })
  const device = (person: Omit<Character, 'token'> & { address: string }): Character =>
    signed(person, { address: person.address })
  const client = (person: Omit<Character, 'token'> & { clientId: string }): Character =>
    signed(person, { client_id: person.clientId })
  return {
    watch: device({
      name: 'watch',
      who: 'a watch at operator beta, not twinned yet; it may become a Secondary and use voice mail',
      address: watchAddress,
      scope: 'twinning:read twinning:write twinning:voicemail',
    }),
    phone: device({
      name: 'phone',
      who: 'a phone at operator alpha, the Primary of a car and a tablet',
      address: phoneAddress,
      scope: 'twinning:read twinning:write',
    }),
    portal: client({
      name: 'portal',
      who: 'a partner portal that cares for the twinnings of every device',
      clientId: portal.clientId,
      scope: portal.scope,
    }),
    analytics: client({
      name: 'analytics',
      who: 'an analyst who sees numbers, and twinnings with their addresses masked',
      clientId: analytics.clientId,
      scope: analytics.scope,
    }),
  }
}
