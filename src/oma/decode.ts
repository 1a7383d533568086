import { parseAddress, type DeviceAddress } from '../domain/address.ts'
import type {
  DeviceTwinnings,
  LeftOut,
  OtherDevice,
  Twinning,
  TwinningCodes,
  TwinningRef,
  TwinningRole,
  TwinningStatus,
} from '../domain/twinning.ts'
import { isNothing, listOf } from './json.ts'
import { twinningIdOf } from './paths.ts'
import { redact } from './redact.ts'
import type { WireRole, WireStatus } from './wire.ts'

/** A value of the wire that is not what it should be. `message` names its path and holds no personal data. */
export class InvalidRepresentation extends Error {
  override readonly name = 'InvalidRepresentation'
}

/** What a decoder must be told: whose resource was asked for, and which secrets may not be quoted. */
export type Asked = {
  readonly operatorId: string
  readonly serverRoot: URL
  readonly device: DeviceAddress
  /** Known where one resource was asked for; in a list each member tells its own. */
  readonly twinningId?: string
  readonly secrets?: readonly string[]
}

type Json = Readonly<Record<string, unknown>>

const roles = { Primary: 'PRIMARY', Secondary: 'SECONDARY' } as const satisfies Record<WireRole, TwinningRole>
const statuses = { Pending: 'PENDING', On: 'ON', Off: 'OFF' } as const satisfies Record<
  WireStatus,
  TwinningStatus
>

/** Body `{"twinning": T}` ([Common]) to a twinning. Throws InvalidRepresentation. */
export function decodeTwinningBody(body: unknown, asked: Asked): Twinning {
  return decodeTwinning(twinningElement(body), 'twinning', asked)
}

/** The structure T as it came, with whatever else stands in it, so that a PUT can keep what we do not know. */
export function twinningElement(body: unknown): Json {
  return object(object(body, 'body').twinning, 'twinning')
}

/**
 * Body `{"twinningList": {"twinning": [T, …]}}` [ours]: one member may stand there as an object, none as nothing at
 * all. A member that can't be decoded is left out and named; the others are answered. Throws InvalidRepresentation
 * where there is no list.
 */
export function decodeTwinningListBody(body: unknown, asked: Asked): DeviceTwinnings {
  const wrapper = object(body, 'body')
  const list = wrapper.twinningList
  if (list === null || list === '' || Object.keys(wrapper).length === 0) return { twinnings: [], leftOut: [] }
  const element = object(list, 'twinningList').twinning
  const twinnings: Twinning[] = []
  const leftOut: LeftOut[] = []
  for (const [index, member] of listOf(element).entries()) {
    const path = `twinningList.twinning[${index}]`
    try {
      twinnings.push(decodeTwinning(object(member, path), path, asked))
    } catch (error) {
      if (!(error instanceof InvalidRepresentation)) throw error
      const twinningId = readableId(member, asked)
      leftOut.push({ problem: error.message, ...(twinningId === undefined ? {} : { twinningId }) })
    }
  }
  return { twinnings, leftOut }
}

/** T ([CR20] Change 1) to a twinning: elements that we do not know are ignored, wrong values throw. */
function decodeTwinning(t: Json, path: string, asked: Asked): Twinning {
  const secrets = [
    ...(asked.secrets ?? []),
    ...[t.activationCode, t.authCode].filter((c) => typeof c === 'string'),
  ]
  const url = resourceUrl(t.resourceURL, `${path}.resourceURL`, asked.serverRoot)
  const twinningId = asked.twinningId ?? twinningIdOf(url)
  if (twinningId === undefined)
    throw wrong(`${path}.resourceURL`, 'a URL that ends in a twinningId', 'another')
  const name = optionalString(t.name, `${path}.name`)
  const otherDevice = decodeOtherDevice(t.otherDevice, `${path}.otherDevice`)
  const voicemail = optionalString(t.primaryDeviceVMAddress, `${path}.primaryDeviceVMAddress`)
  // A client may turn this into a link: what is no tel:, sip:, sips: or acr: URI is as good as absent.
  const voicemailAddress = voicemail === undefined ? undefined : parseAddress(voicemail.trim())
  return {
    ref: { operatorId: asked.operatorId, device: asked.device, twinningId } satisfies TwinningRef,
    role: oneOf(roles, t.role, `${path}.role`, secrets),
    twinningStatus: oneOf(statuses, t.twinningStatus, `${path}.twinningStatus`, secrets),
    ownAddress: ownAddress(t.ownAddress, `${path}.ownAddress`, asked.device),
    resourceURL: url.href,
    ...(name === undefined ? {} : { name }),
    ...(otherDevice && { otherDevice }),
    ...(voicemailAddress && { voicemailAddress }),
    codes: decodeCodes(t, path),
  }
}

function decodeOtherDevice(value: unknown, path: string): OtherDevice | undefined {
  if (isNothing(value)) return undefined
  const other = object(value, path)
  if (Object.keys(other).length === 0) return undefined
  const name = optionalString(other.name, `${path}.name`)
  return { address: address(other.address, `${path}.address`), ...(name === undefined ? {} : { name }) }
}

function decodeCodes(t: Json, path: string): TwinningCodes {
  const activationCode = optionalString(t.activationCode, `${path}.activationCode`)
  const authCode = optionalString(t.authCode, `${path}.authCode`)
  return {
    ...(activationCode === undefined ? {} : { activationCode }),
    ...(authCode === undefined ? {} : { authCode }),
  }
}

/**
 * A resource of another device under this one's path is an operator's mistake that would show one subscriber
 * another's data. An alias (acr: for tel:) has another scheme and is the operator's to give.
 */
function ownAddress(value: unknown, path: string, device: DeviceAddress): DeviceAddress {
  const own = address(value, path)
  const sameScheme = own.slice(0, own.indexOf(':')) === device.slice(0, device.indexOf(':'))
  if (sameScheme && own !== device) throw wrong(path, 'the address of the device asked for', 'another')
  return own
}

function resourceUrl(value: unknown, path: string, serverRoot: URL): URL {
  const text = typeof value === 'string' && value !== '' ? value : undefined
  const url =
    text !== undefined && URL.canParse(text, serverRoot.href) ? new URL(text, serverRoot) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong(path, 'an http or https URL', kindOf(value))
  return url
}

function readableId(member: unknown, asked: Asked): string | undefined {
  if (typeof member !== 'object' || member === null || !('resourceURL' in member)) return undefined
  const { resourceURL } = member
  if (typeof resourceURL !== 'string' || !URL.canParse(resourceURL, asked.serverRoot.href)) return undefined
  return twinningIdOf(new URL(resourceURL, asked.serverRoot))
}

function oneOf<const T extends Record<string, string>>(
  words: T,
  value: unknown,
  path: string,
  secrets: readonly string[],
): T[keyof T] {
  if (typeof value === 'string' && Object.hasOwn(words, value)) return words[value as keyof T]
  const names = Object.keys(words)
  const expected = `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`
  // A word is quoted as it helps to find the fault; anything else may be an address, a URL or a code.
  const isWord = typeof value === 'string' && /^[a-z][a-z _-]{0,39}$/i.test(value)
  throw wrong(path, expected, isWord ? `"${redact(value, secrets)}"` : kindOf(value))
}

function object(value: unknown, path: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw wrong(path, 'an object', kindOf(value))
}

function address(value: unknown, path: string): DeviceAddress {
  const parsed = typeof value === 'string' ? parseAddress(value.trim()) : undefined
  if (parsed === undefined) throw wrong(path, 'a tel:, sip:, sips: or acr: URI', kindOf(value))
  return parsed
}

function optionalString(value: unknown, path: string): string | undefined {
  if (isNothing(value)) return undefined
  if (typeof value !== 'string') throw wrong(path, 'a string', kindOf(value))
  return value
}

/** Says what kind of value came without quoting it: it may be a phone number or a code. */
function kindOf(value: unknown): string {
  if (isNothing(value)) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (value === '') return 'an empty string'
  if (typeof value === 'string') return 'another string'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function wrong(path: string, expected: string, got: string): InvalidRepresentation {
  return new InvalidRepresentation(`${path}: expected ${expected}, got ${got}`)
}
