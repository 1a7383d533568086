import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Whose pages may read answers: origins, or any. */
export type Origins = ReadonlySet<string> | 'any'

const paths = ['/graphql', '/graphql/stream']
// Browsers keep it for two hours at most.
const preflightHoldsS = '7200'

/**
 * Cross-origin resource sharing (Fetch, §3.2) for GraphQL, and nothing else. No credentials: a token comes in a header, and
 * a page that has one may send it.
 */
export function shareWith(app: FastifyInstance, origins: Origins): void {
  if (origins !== 'any' && origins.size === 0) return

  function share({ headers: { origin } }: FastifyRequest, reply: FastifyReply): boolean {
    if (origins === 'any') reply.header('access-control-allow-origin', '*')
    // Also where it is not allowed: a cache must not give its answer to others.
    else reply.header('vary', 'origin')
    if (origins === 'any') return true
    if (origin === undefined || !origins.has(origin)) return false
    reply.header('access-control-allow-origin', origin)
    return true
  }

  app.addHook('onRequest', (request, reply, done) => {
    if (paths.includes(request.routeOptions.url ?? '')) share(request, reply)
    done()
  })
  if (origins !== 'any')
    app.addHook('onSend', (request, reply, payload, done) => {
      const vary = String(reply.getHeader('vary') ?? '')
      // What an answer differs by otherwise was put in its place.
      if (paths.includes(request.routeOptions.url ?? '') && !vary.includes('origin'))
        reply.header('vary', vary === '' ? 'origin' : `${vary}, origin`)
      done(null, payload)
    })
  for (const path of paths)
    app.options(path, (request, reply) => {
      if (!share(request, reply))
        return reply.code(403).send({ status: 403, message: 'pages of this origin may not ask here' })
      const asked = request.headers['access-control-request-headers']
      return reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'GET, POST',
          ...(asked !== undefined && { 'access-control-allow-headers': asked }),
          'access-control-max-age': preflightHoldsS,
        })
        .send()
    })
}

/** Whether a WebSocket may be opened: browsers let any page try, and only tell whose it is. */
export function mayOpenSocket({ origin, host }: IncomingHttpHeaders, origins: Origins): boolean {
  if (origin === undefined || origins === 'any' || origins.has(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}
