// What other instances and operators send, and whoever passes for one of them. Where links lead is test/oma/paths.test.ts.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { Codec } from '../../src/cache/cache.ts'
import { deviceTwinningsCodec, foundCodec } from '../../src/cache/codecs.ts'
import { readStored, storedText } from '../../src/cache/entries.ts'
import { isTwinningId } from '../../src/domain/segments.ts'
import type { Twinning } from '../../src/domain/twinning.ts'
import {
  decodeTwinningBody,
  decodeTwinningListBody,
  InvalidRepresentation,
  twinningElement,
} from '../../src/oma/decode.ts'
import { decodeFault } from '../../src/oma/fault.ts'
import { decodeNotification } from '../../src/oma/notification.ts'
import { isXml, parseXml, printXml } from '../../src/oma/xml.ts'
import { device, ref, someDevice } from './arbitraries.ts'

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const name = fc.string({ unit: 'binary' })
const twinning: fc.Arbitrary<Twinning> = fc.record(
  {
    ref,
    role: fc.constantFrom('PRIMARY', 'SECONDARY'),
    twinningStatus: fc.constantFrom('PENDING', 'ON', 'OFF'),
    ownAddress: device,
    resourceURL: fc.webUrl(),
    name,
    otherDevice: fc.record({ address: device, name }, { requiredKeys: ['address'] }),
    voicemailAddress: device,
  },
  { requiredKeys: ['ref', 'role', 'twinningStatus', 'ownAddress', 'resourceURL'] },
)
const found = fc.record({ twinning: fc.option(twinning, { nil: undefined }) })
const leftOut = fc.record({ twinningId: fc.string(), problem: fc.string() }, { requiredKeys: ['problem'] })
const list = fc.record({ twinnings: fc.array(twinning), leftOut: fc.array(leftOut) })
const place = { name: 'twinning|x', generation: '7' }

/** A valid text, where something else stands in the place of a part of it. */
const damage = fc.record({ at: fc.nat(), length: fc.nat({ max: 12 }), put: fc.oneof(fc.string(), fc.json()) })

function damaged(text: string, { at, length, put }: { at: number; length: number; put: string }): string {
  const from = at % text.length
  return text.slice(0, from) + put + text.slice(from + length)
}

function propertiesOf<V>(title: string, codec: Codec<V>, values: fc.Arbitrary<V>): void {
  const stored = (value: V) => storedText({ value, epoch: 0, storedAt: 0, freshUntil: 2, graceUntil: 3, etag: '"e"', along: false }, place, codec) // prettier-ignore

  test(`${title} comes out of the store as it went in`, () => {
    fc.assert(
      fc.property(values, (value) => {
        assert.deepEqual(asJson(readStored(stored(value), place, 0, codec)?.value), asJson(value))
      }),
      { numRuns: 500 },
    )
  })

  test(`what somebody has written in the place of ${title} is none, or a whole one`, () => {
    const text = fc.oneof(fc.string(), fc.json(), fc.tuple(values, damage).map(([value, how]) => damaged(stored(value), how)), fc.jsonValue().map((v) => JSON.stringify({ k: place.name, g: place.generation, f: 1, u: 1, v }))) // prettier-ignore
    fc.assert(
      fc.property(text, (text) => {
        const entry = readStored(text, place, 0, codec)
        if (entry) assert.deepEqual(codec.decode(asJson(codec.encode(entry.value))), entry.value) // prettier-ignore
      }),
      { numRuns: 2000 },
    )
  })
}
propertiesOf('a twinning', foundCodec, found)
propertiesOf("a device's list", deviceTwinningsCodec, list)

const asked = {
  operatorId: 'beta',
  serverRoot: new URL('https://op.example/x'),
  device: someDevice,
}
const textOrOther = (...texts: string[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...texts) }, fc.jsonValue({ maxDepth: 2 }), fc.string())
const wire = fc.record(
  {
    role: textOrOther('Primary', 'Secondary'),
    twinningStatus: textOrOther('On', 'Off', 'Pending'),
    ownAddress: textOrOther('tel:+15560101', ' tel:+1-556-0101 '),
    resourceURL: textOrOther('https://op.example/twinning/v1/x/twinnings/t1', '/twinning/v1/x/twinnings/t2'),
    name: textOrOther('watch'),
    otherDevice: fc.oneof(fc.record({ address: textOrOther('tel:+15550100') }), fc.jsonValue()),
    authCode: textOrOther('code'),
    primaryDeviceVMAddress: textOrOther('tel:+15550199', 'javascript:alert(1)'),
  },
  { requiredKeys: [] },
)
const members = fc.oneof(wire, fc.array(wire), fc.jsonValue())
const bodies = fc.oneof(fc.jsonValue(), members.map((twinning) => ({ twinning })), members.map((twinning) => ({ twinningList: { twinning } }))) // prettier-ignore

/** What `decode` says, or nothing where it refuses as it should. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof InvalidRepresentation) return undefined
    throw error
  }
}

test('whatever an operator says, it is a twinning of the device asked for, a list of such, or refused', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      const one = decoded(() => decodeTwinningBody(body, asked))
      const many = decoded(() => decodeTwinningListBody(body, asked))?.twinnings ?? []
      for (const twinning of [...(one ? [one] : []), ...many]) {
        assert.equal(twinning.ref.device, asked.device)
        assert.ok(isTwinningId(twinning.ref.twinningId))
        assert.notEqual(foundCodec.decode(asJson(foundCodec.encode({ twinning }))), undefined)
      }
    }),
    { numRuns: 3000 },
  )
})

test('whatever an operator says of a failure or of a change, it is read or refused', () => {
  const texts = textOrOther('SVC0002', 'part %1', '%9999999999')
  const exception = fc.record({ messageId: textOrOther('SVC0002', 'POL0001'), text: texts, variables: fc.oneof(fc.array(texts), texts) }, { requiredKeys: [] }) // prettier-ignore
  const link = fc.record({ rel: textOrOther('Twinning'), href: fc.oneof(fc.webUrl(), fc.jsonValue()) })
  const body = fc.oneof(fc.jsonValue(), exception.map((serviceException) => ({ requestError: { serviceException } })), fc.array(link).map((link) => ({ twinningNotification: { link } }))) // prettier-ignore
  fc.assert(
    fc.property(body, (body) => {
      const fault = decodeFault(body, { operator: 'beta', httpStatus: 400, secrets: ['code'] })
      assert.doesNotMatch(fault?.text ?? '', /code/)
      for (const { twinningId } of decoded(() => decodeNotification(body)) ?? []) assert.ok(isTwinningId(twinningId)) // prettier-ignore
    }),
    { numRuns: 2000 },
  )
})

test('whatever is said to be XML, it is read or it is nothing', () => {
  const xml = fc.oneof(fc.string({ unit: 'binary' }), fc.tuple(wire, damage).map(([twinning, how]) => damaged(printXml({ twinning }), how))) // prettier-ignore
  fc.assert(
    fc.property(xml, (text) => {
      isXml(undefined, text)
      const body = parseXml(text)
      decoded(() => twinningElement(body))
      decoded(() => decodeTwinningBody(body, asked))
      decoded(() => decodeTwinningListBody(body, asked))
    }),
    { numRuns: 2000 },
  )
})
