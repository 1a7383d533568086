import type { FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import { formatError } from '../graphql/errors.ts'
import type { Admit, GraphqlRequest } from '../graphql/intake.ts'
import { sendErrors, statusFor } from './graphql.ts'

/** Runs before a request is served. */
export type Intake = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** Puts what was asked in the form in which it is to be served; answers for a request that is not admitted. */
export function createIntake(admit: Admit): Intake {
  return async (request, reply) => {
    const asked = askedBy(request)
    if (!asked) return
    try {
      const admitted = admit(asked)
      if (admitted !== asked) replace(request, admitted)
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      await sendErrors(request, reply, statusFor(request), [formatError(error.toJSON(), error)])
    }
  }
}

/** What is no object, or a list of them, is refused elsewhere. */
function askedBy({ method, body, url }: FastifyRequest): GraphqlRequest | undefined {
  if (method === 'GET') return inSearch(new URL(url, 'http://localhost').searchParams)
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined
}

const inJson = new Set(['variables', 'extensions'])

/** `undefined` for JSON that is none, which has a better refusal than ours. */
function inSearch(search: URLSearchParams): GraphqlRequest | undefined {
  // Of several with one name the first: that is the one that whoever does not refuse them all reads.
  const asked: Record<string, unknown> = {}
  try {
    // Of several with one name the first: that is the one that whoever does not refuse them all reads.
    for (const name of search.keys()) {
      const text = search.get(name)
      asked[name] = text && inJson.has(name) ? JSON.parse(text) : text
    }
    return asked
  } catch {
    return undefined
  }
}

function replace(request: FastifyRequest, admitted: GraphqlRequest): void {
  if (request.method !== 'GET') {
    request.body = admitted
    return
  }
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(admitted))
    if (typeof value === 'string') search.set(name, value)
    else if (value !== undefined) search.set(name, JSON.stringify(value))
  request.raw.url = `${request.url.split('?', 1)[0] ?? ''}?${search.toString()}`
  request.query = Object.fromEntries(search)
}
