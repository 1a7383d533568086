// What an answer of the gateway says of each device asked for.
import { z } from 'zod'

/** It makes no sense to go on now; another run can, later. */
export class Stopped extends Error {}

const twinning = z.object({
  id: z.string(),
  role: z.string(),
  twinningStatus: z.string(),
  ownAddress: z.string(),
  name: z
    .string()
    .nullish()
    .transform((name) => name ?? null),
  otherDevice: z
    .object({
      address: z.string(),
      name: z
        .string()
        .nullish()
        .transform((name) => name ?? null),
    })
    .nullable(),
})
const device = z.object({
  address: z.string(),
  twinnings: z
    .object({
      nodes: z.array(twinning),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    })
    .nullable(),
})
const fault = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.object({ code: z.string().optional(), retryAfterS: z.number().optional() }).optional(),
})
const bodySchema = z.object({
  data: z
    .object({ twinningDevices: z.array(device) })
    .nullish()
    .catch(undefined),
  errors: z.array(fault).optional(),
  extensions: z.object({ warnings: z.array(z.unknown()).optional() }).optional(),
})

type Body = z.infer<typeof bodySchema>
type Fault = z.infer<typeof fault>

export type DeviceAnswer =
  | {
      readonly address: string
      readonly twinnings: readonly z.infer<typeof twinning>[]
      /** The cursor after which there are more. */
      readonly next: string | undefined
    }
  | { readonly code: string; readonly retryAfterS: number | undefined }

export type Answer =
  | { readonly devices: readonly DeviceAnswer[]; readonly leftOut: number }
  /** To be asked again. */
  | { readonly fault: string; readonly isLimited: boolean; readonly retryAfterS: number | undefined }

type Raw = { readonly status: number; readonly retryAfterS: number | undefined; readonly body: string }

/** Throws `Stopped` where asking again would not help. */
export function readAnswer(
  { status, retryAfterS, body }: Raw,
  { addresses }: { readonly addresses: readonly string[] },
): Answer {
  const read = bodySchema.safeParse(parse(body))
  const { data, errors = [], extensions } = read.success ? read.data : ({} satisfies Body as Body)
  const first = errors[0]?.extensions
  const code = first?.code
  if (data?.twinningDevices.length === addresses.length)
    return {
      devices: data.twinningDevices.map((one, at) => answerOf(one, faultAt(errors, at))),
      leftOut: extensions?.warnings?.length ?? 0,
    }
  if (status === 429 || code === 'RATE_LIMITED')
    return { fault: 'too much was asked', isLimited: true, retryAfterS: retryAfterS ?? first?.retryAfterS }
  if (status === 401 || code === 'UNAUTHENTICATED')
    throw new Stopped('the access token is missing, not valid or has expired')
  if (code === 'COST_ESTIMATED_TOO_EXPENSIVE' || code === 'REQUEST_LIMIT_EXCEEDED' || status === 413)
    throw new Stopped('the gateway allows less in one request: try a smaller --batch')
  const said = `the gateway answered ${code ?? `HTTP ${status}`}`
  if (status >= 500) return { fault: said, isLimited: false, retryAfterS }
  throw new Stopped(said)
}

function answerOf({ address, twinnings }: z.infer<typeof device>, fault: Fault | undefined): DeviceAnswer {
  // A field that failed further down makes what is left of a device half a truth.
  if (fault || !twinnings)
    return { code: fault?.extensions?.code ?? 'NO_ANSWER', retryAfterS: fault?.extensions?.retryAfterS }
  const { hasNextPage, endCursor } = twinnings.pageInfo
  return { address, twinnings: twinnings.nodes, next: hasNextPage ? (endCursor ?? undefined) : undefined }
}

const faultAt = (errors: readonly Fault[], at: number) => errors.find(({ path }) => path?.[1] === at)

/** `Retry-After`, in seconds. */
export function pauseOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 3600) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
