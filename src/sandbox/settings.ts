import { z } from 'zod'

export const settingsSchema = z.strictObject({
  /** Whether the Twinning API asks for an access token. */
  auth: z.enum(['none', 'required']),
  /** Tokens that are accepted beside those of the token endpoint. */
  accessTokens: z.array(z.string().min(1)),
  /**
   * Whose resource carries primaryDeviceVMAddress: the change request ([CR20] §1 and Change 1) contradicts itself.
   * The Primary's operator decides, and the next activation or toggle follows it.
   */
  vmAddressOn: z.enum(['Primary', 'Secondary']),
  /** Sent with every 200 and 304 of a GET; null sends none. */
  cacheControl: z.string().nullable(),
  putAnswers204: z.boolean(),
  activationCodeTtlMs: z.int().positive(),
  accessTokenTtlS: z.int().positive(),
})

/** How an operator behaves; every setting may change while it runs. */
export type Settings = z.infer<typeof settingsSchema>

export function defaultSettings(): Settings {
  return {
    auth: 'none',
    accessTokens: [],
    vmAddressOn: 'Secondary',
    cacheControl: null,
    putAnswers204: false,
    activationCodeTtlMs: 600_000,
    accessTokenTtlS: 3_600,
  }
}
