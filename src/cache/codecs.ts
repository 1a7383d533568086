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

const twinning = z.object({
  ref: z.object({ operatorId: z.string(), device: address, twinningId: z.string() }),
  role: z.enum(['PRIMARY', 'SECONDARY']),
  name: z.string().exactOptional(),
  twinningStatus: z.enum(['PENDING', 'ON', 'OFF']),
  otherDevice: z.object({ address, name: z.string().exactOptional() }).exactOptional(),
  ownAddress: address,
  resourceURL: z.url({ protocol: /^https?$/ }),
  voicemailAddress: address.exactOptional(),
})

const found = z.object({ twinning })
const deviceTwinnings = z.object({
  twinnings: z.array(twinning),
  leftOut: z.array(z.object({ twinningId: z.string().exactOptional(), problem: z.string() })),
})

// Measured with a heap snapshot of entries as they are: their strings and objects, rounded up.
const bytesOfOne = 1200

/** `codes` stay behind: they never leave this process. */
export const foundCodec: Codec<Found> = {
  encode: ({ twinning }) => ({ twinning: twinning && withoutCodes(twinning) }),
  decode: (json) => found.safeParse(json).data,
  weigh: () => bytesOfOne,
}

/** `codes` stay behind: they never leave this process. */
export const deviceTwinningsCodec: Codec<DeviceTwinnings> = {
  encode: ({ twinnings, leftOut }) => ({ twinnings: twinnings.map(withoutCodes), leftOut }),
  decode: (json) => deviceTwinnings.safeParse(json).data,
  weigh: ({ twinnings, leftOut }) => bytesOfOne + bytesOfOne * (twinnings.length + leftOut.length),
}

function withoutCodes(twinning: Twinning): Twinning {
  const copy: { -readonly [Key in keyof Twinning]: Twinning[Key] } = { ...twinning }
  delete copy.codes
  return copy
}
