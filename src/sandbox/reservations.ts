// [ours] The resources of an operator that only other operators use: to reserve an activationCode, and to
// give it back.
import { z } from 'zod'
import type { Activation } from './activation.ts'
import type { Codes } from './codes.ts'
import { parseJson } from './elements.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import type { Peer } from './peers.ts'
import { invalidInput, methodNotAllowed, unauthorized } from './refusal.ts'
import { jsonOf } from './resources.ts'

export type Reservations = (request: HttpRequest, caller: Peer | undefined) => HttpAnswer

const claimSchema = z.object({
  activationCode: z.string(),
  primary: z.object({ address: z.string(), name: z.string().exactOptional(), resourceURL: z.string() }),
})

/** Answers requests to `{serverRoot}/peer/v1/reservations`. @throws Refusal */
export function createReservations({
  serverRoot,
  activation,
  codes,
}: {
  serverRoot: string
  activation: Activation
  codes: Codes
}): Reservations {
  const root = `${serverRoot}/peer/v1/reservations`
  const rootPath = new URL(root).pathname

  function answer(request: HttpRequest, peer: Peer | undefined): HttpAnswer {
    if (!peer) throw unauthorized()
    if (request.path === rootPath) {
      if (request.method !== 'POST') throw methodNotAllowed('POST')
      return reserve(request, peer)
    }
    const reservation = codes.findReservation(request.path.slice(rootPath.length + 1))
    if (reservation?.by !== peer.id) throw invalidInput('reservationId', 404)
    if (request.method !== 'DELETE') throw methodNotAllowed('DELETE')
    activation.release(reservation)
    return { status: 204 }
  }

  function reserve(request: HttpRequest, peer: Peer): HttpAnswer {
    const { activationCode, primary } = readClaim(jsonOf(request))
    if (codes.twinningOf(activationCode) === undefined) throw invalidInput('activationCode', 404)
    const { reservation, secondary } = activation.reserve(activationCode, primary, peer)
    const { resourceURL, ownAddress, name } = secondary
    return {
      status: 201,
      headers: { location: `${root}/${reservation.id}` },
      body: { resourceURL, ownAddress, ...(name !== undefined && { name }) },
    }
  }

  return answer
}

function readClaim(body: string): z.infer<typeof claimSchema> {
  const result = claimSchema.safeParse(parseJson(body))
  if (result.success) return result.data
  throw invalidInput(result.error.issues[0]?.path.join('.') ?? 'message body')
}
