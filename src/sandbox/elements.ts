// [CR20] Change 1, type Twinning: what a body may say, and who may change which element.
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { WireRole, WireTwinning } from '../oma/wire.ts'
import { invalidChoice, invalidInput, undefinedRole } from './refusal.ts'

export type Elements = Readonly<Record<string, unknown>>

type OptionalElement = 'name' | 'otherDevice' | 'activationCode' | 'authCode' | 'primaryDeviceVMAddress'

export type NewTwinning = {
  readonly role: WireRole
  readonly name?: string
  readonly activationCode?: string
  readonly extras: Elements
}

export const statuses = ['Pending', 'On', 'Off'] as const
const otherDevice = z.object({ address: z.string(), name: z.string().exactOptional() })

const twinningSchema = z.object({
  role: z.enum(['Primary', 'Secondary']),
  name: z.string().exactOptional(),
  otherDevice: otherDevice.exactOptional(),
  activationCode: z.string().exactOptional(),
  twinningStatus: z.enum(statuses),
  authCode: z.string().exactOptional(),
  primaryDeviceVMAddress: z.string().exactOptional(),
  ownAddress: z.string(),
  resourceURL: z.string(),
})

const newTwinningSchema = twinningSchema.pick({ role: true, name: true, activationCode: true })

// [CR20] role is "as provided in the request", the others are "populated by the server".
const serverOwned = [
  'role',
  'ownAddress',
  'resourceURL',
  'activationCode',
  'authCode',
  'otherDevice',
  'primaryDeviceVMAddress',
]
// [CR20] What the Primary's server SHALL update in the Secondary's resource is not in this list.
const closedToCounterpart = ['role', 'ownAddress', 'resourceURL', 'name']

/** Reads `{"twinning": {...}}`. @throws Refusal 400 */
export function readElements(body: string): Elements {
  const wrapped = asElements(parseJson(body), 'message body')
  return asElements(wrapped['twinning'], 'twinning')
}

/** Reads the body of POST; elements that only a server sets are ignored. @throws Refusal 400 */
export function readNewTwinning(body: string): NewTwinning {
  const elements = readElements(body)
  refuseUnknownRole(elements)
  return { ...checked(newTwinningSchema, elements), extras: extrasOf(elements) }
}

/**
 * The twinning that a device's whole representation asks for: name and twinningStatus are the device's, what
 * the server owns may be absent or as it is. @throws Refusal 400
 */
export function changedByDevice(current: WireTwinning, elements: Elements): WireTwinning {
  refuseChanges(current, elements, serverOwned)
  const kept = without(current, 'activationCode', 'name')
  const valid = current.twinningStatus === 'Pending' ? ['Pending'] : ['On', 'Off']
  const changed = checked(twinningSchema, { ...kept, ...statusAndName(elements) })
  if (!valid.includes(changed.twinningStatus)) throw invalidChoice('twinningStatus', valid)
  return changed
}

/** The twinning that the other end's server asks for. @throws Refusal 400 */
export function changedByCounterpart(current: WireTwinning, elements: Elements): WireTwinning {
  refuseChanges(current, elements, closedToCounterpart)
  const { role, name, ownAddress, resourceURL } = current
  const mine = { role, ownAddress, resourceURL, ...(name !== undefined && { name }) }
  const asked = checked(twinningSchema, { ...elements, ...mine })
  if (asked.twinningStatus === 'Pending') throw invalidChoice('twinningStatus', ['On', 'Off'])
  return without(asked, 'activationCode')
}

/** Elements that no version of the structure we know has; they are kept, as a newer client would expect. */
export function extrasOf(elements: Elements): Elements {
  return Object.fromEntries(
    Object.entries(elements).filter(([name]) => !Object.hasOwn(twinningSchema.shape, name)),
  )
}

/** A twinning that lacks the elements named. */
export function without(twinning: WireTwinning, ...names: OptionalElement[]): WireTwinning {
  const kept = { ...twinning }
  for (const name of names) Reflect.deleteProperty(kept, name)
  return kept
}

/** What a peer answered with. @throws Refusal where it is no Twinning structure */
export function readTwinning(elements: Elements): WireTwinning {
  return checked(twinningSchema, elements)
}

function statusAndName({ name, twinningStatus }: Elements): Elements {
  if (twinningStatus === undefined) throw invalidInput('twinningStatus')
  return { twinningStatus, ...(name !== undefined && { name }) }
}

function refuseChanges(current: WireTwinning, elements: Elements, closed: readonly string[]): void {
  refuseUnknownRole(elements)
  const known: Elements = current
  const changed = closed.find(
    (name) => elements[name] !== undefined && !isDeepStrictEqual(elements[name], known[name]),
  )
  if (changed !== undefined) throw invalidInput(changed)
}

function refuseUnknownRole({ role }: Elements): void {
  if (typeof role === 'string' && role !== 'Primary' && role !== 'Secondary')
    throw undefinedRole(role.slice(0, 40))
}

function checked<T>(schema: z.ZodType<T>, elements: Elements): T {
  const result = schema.safeParse(elements)
  if (result.success) return result.data
  const part = result.error.issues[0]?.path.join('.') ?? 'twinning'
  throw part === 'twinningStatus' ? invalidChoice(part, statuses) : invalidInput(part)
}

/** @throws Refusal 400 */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    if (cause instanceof SyntaxError) throw invalidInput('message body')
    throw cause
  }
}

function asElements(value: unknown, part: string): Elements {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidInput(part)
  return Object.fromEntries(Object.entries(value))
}
