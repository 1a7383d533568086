import { z } from 'zod'
import { parseAddress } from '../domain/address.ts'
import type { DeviceTwinnings, Twinning } from '../domain/twinning.ts'
import type { Codec } from './cache.ts'

/** A twinning, or that there is none. */
export type Found = { readonly twinning: Twinning | undefined }

const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text)
  if (parsed === text) return parsed
  context.addIssue('expected an address in normal form')
  return z.NEVER
})

/** A TwinningRef that came from another instance. */
export const refSchema = z.object({ operatorId: z.string(), device: address, twinningId: z.string() })

const twinning = z.object({
  ref: refSchema,
  role: z.enum(['PRIMARY', 'SECONDARY']),
  name: z.string().exactOptional(),
  twinningStatus: z.enum(['PENDING', 'ON', 'OFF']),
  otherDevice: z.object({ address, name: z.string().exactOptional() }).exactOptional(),
  ownAddress: address,
  resourceURL: z.url({ protocol: /^https?$/ }),
  voicemailAddress: address.exactOptional(),
})

const found = z.object({ twinning: twinning.optional() }).transform(({ twinning }): Found => ({ twinning }))
const deviceTwinnings = z.object({
  twinnings: z.array(twinning),
  leftOut: z.array(z.object({ twinningId: z.string().exactOptional(), problem: z.string() })),
})

// Objects, hidden classes, map entries and short texts; what an operator can make long is counted.
const bytesOfOne = 1000
const bytesOfCharacter = 2

/** `codes` stay behind: they never leave this process. */
export const foundCodec: Codec<Found> = {
  encode: ({ twinning }) => ({ twinning: twinning && withoutCodes(twinning) }),
  decode: (json) => found.safeParse(json).data,
  weigh: ({ twinning }) => bytesOfOne + (twinning ? textBytes(twinning) : 0),
}

/** `codes` stay behind: they never leave this process. */
export const deviceTwinningsCodec: Codec<DeviceTwinnings> = {
  encode: ({ twinnings, leftOut }) => ({ twinnings: twinnings.map(withoutCodes), leftOut }),
  decode: (json) => deviceTwinnings.safeParse(json).data,
  weigh: ({ twinnings, leftOut }) =>
    bytesOfOne * (1 + twinnings.length + leftOut.length) +
    twinnings.reduce((sum, t) => sum + textBytes(t), 0),
}

function textBytes({ name, otherDevice, resourceURL, ref, codes = {} }: Twinning): number {
  const texts = [name, otherDevice?.name, resourceURL, ref.twinningId, codes.activationCode, codes.authCode]
  return bytesOfCharacter * texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
}

function withoutCodes(twinning: Twinning): Twinning {
  const copy: { -readonly [Key in keyof Twinning]: Twinning[Key] } = { ...twinning }
  delete copy.codes
  return copy
}
