import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Change, Changes } from '../changes.ts'
import { decodeNotification } from '../oma/notification.ts'
import { parseAddress } from '../domain/address.ts'
import { InvalidRepresentation } from '../oma/decode.ts'
import { report } from '../telemetry/channels.ts'
import type { Operators } from '../upstream/operators.ts'

/**
 * POST `/notifications/{operatorId}` [ours, in OMA's form]: an operator tells that twinnings have changed. 204 once
 * nothing old is left to be read; 401 for a wrong secret, 404 for an unknown operator, 400 for what is no notification.
 */
export function registerNotifications(
  app: FastifyInstance,
  { secret, operators, changes }: { secret: string; operators: Operators; changes: Changes },
): void {
  const expected = digest(`Bearer ${secret}`)

  app.post<{ Params: { operatorId: string } }>('/notifications/:operatorId', async (request, reply) => {
    const { operatorId } = request.params
    const refuse = (status: number, messageId: string, text: string, variables: string[] = []) => {
      report('notification.received', {
        operator: operators.has(operatorId) ? operatorId : 'unknown',
        outcome: 'refused',
      })
      return sendRequestError(reply, status, messageId, text, variables)
    }
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected))
      return refuse(401, 'SVC2003', 'Invalid access token')
    if (!operators.has(operatorId))
      return refuse(404, 'SVC0004', 'No valid addresses provided in message part %1', ['operatorId'])
    try {
      const links = decodeNotification(request.body)
      const found = links.map(({ userId, twinningId }, index): Change => {
        const device = parseAddress(userId)
        if (!device || operators.find(device)?.id !== operatorId)
          throw new InvalidRepresentation(
            `twinningNotification.link[${index}].href: expected a twinning of this operator, got another`,
          )
        return { kind: 'UPDATED', ref: { operatorId, device, twinningId } }
      })
      await changes.announce(found)
    } catch (error) {
      if (!(error instanceof InvalidRepresentation)) throw error
      return refuse(400, 'SVC0002', 'Invalid input value for message part %1', [error.message])
    }
    report('notification.received', { operator: operatorId, outcome: 'accepted' })
    return reply.code(204).send()
  })
}

// Digests have one length, whatever is compared.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function sendRequestError(
  reply: FastifyReply,
  status: number,
  messageId: string,
  text: string,
  variables: string[],
) {
  return reply.code(status).send({ requestError: { serviceException: { messageId, text, variables } } })
}
