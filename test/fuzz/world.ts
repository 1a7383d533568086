// A small world in which every name, number and code stands in one place only, so that an answer tells where it is from.
import { parseAddress } from '../../src/domain/address.ts'
import type { createSealer } from '../../src/domain/ids.ts'
import type { Seed } from '../../src/sandbox/seed.ts'
import type { Sandbox } from '../../src/sandbox/world.ts'
import { phone, watch } from '../support/gateway.ts'
import type { Values } from './generator.ts'
import type { Random } from './random.ts'

export type Caller = { readonly scopes: readonly string[]; readonly address: string | undefined }

type Told = Seed & { readonly operator: 'alpha' | 'beta'; readonly id: string; readonly voicemail?: string }

const tablet = 'sip:tablet-3@alpha.example'
const stranger = 'tel:+15560109'
const unserved = 'tel:+19995550188'

/** `voicemail`: what is found out where the caller may know it, from either end. */
const world: readonly Told[] = [
  { operator: 'beta', ownAddress: watch, id: 's1', name: 'Wätch-one', otherDevice: { address: phone, name: 'Its-phone' }, voicemail: 'tel:+15550191', authCode: 'authCodeOfS1' }, // prettier-ignore
  { operator: 'beta', ownAddress: watch, id: 's2', name: 'Watch-two', twinningStatus: 'Off', otherDevice: { address: tablet, name: 'Its-tablet' }, primaryDeviceVMAddress: 'tel:+15550192' }, // prettier-ignore
  { operator: 'beta', ownAddress: watch, id: 's3', name: 'Watch-three', twinningStatus: 'Pending', authCode: 'authCodeOfS3', activationCode: '73919373' }, // prettier-ignore
  { operator: 'alpha', ownAddress: phone, id: 'p1', role: 'Primary', name: 'Phone-one', otherDevice: { address: watch, name: 'Its-watch' }, primaryDeviceVMAddress: 'tel:+15550191' }, // prettier-ignore
  { operator: 'alpha', ownAddress: phone, id: 'p2', role: 'Primary', name: 'Phone-two', twinningStatus: 'Off', otherDevice: { address: unserved, name: 'Its-unserved' }, primaryDeviceVMAddress: 'tel:+15550193' }, // prettier-ignore
  { operator: 'alpha', ownAddress: tablet, id: 't1', name: 'Tablet-one', otherDevice: { address: phone, name: 'Its-other-phone' }, primaryDeviceVMAddress: 'tel:+15550194', voicemail: 'tel:+15550194', authCode: 'authCodeOfT1' }, // prettier-ignore
  { operator: 'beta', ownAddress: stranger, id: 'x1', name: 'Stranger-one', otherDevice: { address: unserved, name: 'Nobodys' }, authCode: 'authCodeOfX1' }, // prettier-ignore
  // Not an address, which its operator does not know: it can't be read.
  { operator: 'beta', ownAddress: stranger, id: 'x2', name: 'Stranger-two', otherDevice: { address: 'nonsense' } }, // prettier-ignore
  { operator: 'beta', ownAddress: stranger, id: 'x3', name: 'Stranger-three', otherDevice: { address: 'acr:guarded@beta.example' }, primaryDeviceVMAddress: 'javascript:alert(1)' }, // prettier-ignore
]

const readingScopes = ['twinning:read', 'twinning:read:any', 'twinning:voicemail', 'twinning:analytics']
const scopes = [...readingScopes, 'twinning:write', 'twinning:write:any']

export function seedWorld({ operators }: Sandbox): void {
  for (const told of world) {
    const seed: Seed = { ...told }
    delete seed.operator
    delete seed.voicemail
    operators[told.operator].seed(seed)
  }
}

/** Anybody with a valid token; `undefined` for somebody without. */
export function randomCaller(random: Random): Caller | undefined {
  if (random.chance(0.05)) return undefined
  return { scopes: random.some(scopes), address: random.pick([undefined, watch, phone, tablet, stranger]) }
}

/** Somebody who differs in one scope only, whose answers are the likeliest to be mistaken for the other's. */
export function neighbourOf(caller: Caller | undefined, random: Random): Caller | undefined {
  if (!caller) return randomCaller(random)
  const scope = random.pick(readingScopes)
  const others = caller.scopes.filter((one) => one !== scope)
  return { ...caller, scopes: caller.scopes.includes(scope) ? others : [...others, scope] }
}

/** Somebody from whom little is kept. */
export function randomReader(random: Random): Caller {
  const { address } = randomCaller(random) ?? {}
  return {
    scopes: ['twinning:read:any', ...random.some(['twinning:voicemail', 'twinning:analytics'])],
    address,
  }
}

/** What arguments are made of: ids, addresses and pages that are there. */
export function goodValuesIn(sealer: ReturnType<typeof createSealer>): Values {
  const { ID, DeviceAddress, String, _Any } = valuesIn(sealer)
  const readable = ID.slice(0, 7)
  return {
    ID: readable,
    DeviceAddress: DeviceAddress.slice(0, 3),
    String: String.slice(0, 3),
    Int: [1, 2, 20],
    _Any: _Any.filter(({ __typename, id }) => __typename !== 'Query' && typeof id === 'string' && readable.includes(id)), // prettier-ignore
  }
}

/** What arguments are made of: ids and addresses that are there, that are not, and that are none. */
export function valuesIn(sealer: ReturnType<typeof createSealer>) {
  const ref = (operatorId: string, address: string, twinningId: string) =>
    sealer.sealRef({ operatorId, device: parseAddress(address)!, twinningId })
  const there = world.map(({ operator, ownAddress, id }) => ref(operator, ownAddress, id))
  const ids = [
    ...there,
    ...there,
    ref('beta', watch, 'gone'),
    ref('alpha', watch, 's1'),
    ref('nobody', watch, 's1'),
    'nonsense',
    '',
  ]
  const addresses = [watch, phone, tablet, stranger, watch, phone, 'tel:+1(555)0100', 'tel:+1-556-0101', unserved, 'tel:+15560777'] // prettier-ignore
  const cursors = [watch, phone].flatMap((device) =>
    ['s1', 'p1', 'gone'].map((twinningId, index) => sealer.sealCursor({ device, twinningId, index })),
  )
  const names = ['Twinning', 'PrimaryTwinning', 'SecondaryTwinning']
  const odd: { __typename: string; id?: string | undefined; address?: unknown }[] = [{ __typename: 'Nonsense', id: there[0] }, { __typename: 'Twinning' }, { __typename: 'Device', address: 7 }, { __typename: 'Query' }] // prettier-ignore
  const representations = ids.flatMap((id): typeof odd => names.map((__typename) => ({ __typename, id })))
  const devices: typeof odd = addresses.map((address) => ({ __typename: 'Device', address }))
  return {
    ID: ids,
    DeviceAddress: [...addresses, ...addresses, 'javascript:alert(1)'],
    String: [...cursors, ...there.slice(0, 1), 'nonsense'],
    Int: [0, 1, 1, 2, 2, 20, 100, 101, -1],
    _Any: [...representations, ...devices, ...devices, ...devices, ...odd],
  }
}

/** What must not be in an answer to this caller, who has said `asked`: written down anew here, not by src/auth/policy.ts. */
export function secretsFrom(caller: Caller | undefined, asked: string): string[] {
  const has = (scope: string) => caller?.scopes.includes(scope) ?? false
  const shown = new Set<string | undefined>([caller?.address])
  for (const one of world) {
    const own = caller?.address === one.ownAddress
    const reads = has('twinning:read:any') || (own && has('twinning:read'))
    if (reads) for (const text of [one.name, one.ownAddress, one.otherDevice?.name, one.otherDevice?.address]) shown.add(text) // prettier-ignore
    if (reads && has('twinning:voicemail')) shown.add(one.voicemail)
    if (own && reads) for (const code of [one.activationCode, one.authCode]) shown.add(code)
  }
  const shownOrAsked = new Set([...shown].flatMap((text) => (text === undefined ? [] : [tellingPart(text)])))
  return secrets.filter((secret) => !shownOrAsked.has(secret) && !plainly(asked).includes(secret))
}

/** An answer as it is to be searched: without escapes, and with numbers as they are in normal form. */
export function plainly(text: string): string {
  const unescaped = text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decodeURIComponent(escapes))
  return `${unescaped}\n${unescaped.replace(/[-()]/g, '')}`
}

const secrets: readonly string[] = [
  ...new Set(
    world
      .flatMap(({ name, ownAddress, otherDevice, primaryDeviceVMAddress, activationCode, authCode }) => [
        name,
        ownAddress,
        otherDevice?.name,
        otherDevice?.address,
        primaryDeviceVMAddress,
        activationCode,
        authCode,
      ]) // prettier-ignore
      .flatMap((text) => (text === undefined ? [] : [tellingPart(text)])),
  ),
]

/** Of an address what is its own, as it may stand without its scheme; else all of it. */
function tellingPart(text: string): string {
  return /^(?:tel:\+|sip:|acr:)([^@]+)/.exec(text)?.[1] ?? text
}
