import { createHash, timingSafeEqual } from 'node:crypto'
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
} from 'fastify'
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
  const expected = digest(secret)
  const operatorOf = ({ params }: FastifyRequest) => (params as { operatorId: string }).operatorId
  const refuse: Refuse = (request, reply, status, fault) => {
    const operatorId = operatorOf(request)
    const operator = operators.has(operatorId) ? operatorId : 'unknown'
    report('notification.received', { operator, outcome: 'refused' })
    return reply.code(status).send({ requestError: { serviceException: { variables: [], ...fault } } })
  }

  // Before the body is read: who may not tell us anything is not listened to.
  const admit: onRequestAsyncHookHandler = async (request, reply) => {
    const token = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (!timingSafeEqual(digest(token), expected))
      return refuse(request, reply.header('www-authenticate', 'Bearer'), 401, badToken)
    if (!operators.has(operatorOf(request))) return refuse(request, reply, 404, unknownOperator)
    return undefined
  }

  const errorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    if ((error.statusCode ?? 500) >= 500) throw error
    return refuse(request, reply, error.statusCode ?? 400, invalid(error.message))
  }

  const options = { onRequest: admit, errorHandler }
  app.post('/notifications/:operatorId', options, async (request, reply) => {
    const operatorId = operatorOf(request)
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
      await changes.announce(found, 'notification')
    } catch (error) {
      if (!(error instanceof InvalidRepresentation)) throw error
      return refuse(request, reply, 400, invalid(error.message))
    }
    report('notification.received', { operator: operatorId, outcome: 'accepted' })
    return reply.code(204).send()
  })
}

// Digests have one length, whatever is compared.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

type Fault = { messageId: string; text: string; variables?: string[] }
type Refuse = (request: FastifyRequest, reply: FastifyReply, status: number, fault: Fault) => FastifyReply

const badToken: Fault = { messageId: 'SVC2003', text: 'Invalid access token' }
const unknownOperator: Fault = {
  messageId: 'SVC0004',
  text: 'No valid addresses provided in message part %1',
  variables: ['operatorId'],
}

function invalid(problem: string): Fault {
  return {
    messageId: 'SVC0002',
    text: 'Invalid input value for message part %1',
    variables: [problem],
  }
}
