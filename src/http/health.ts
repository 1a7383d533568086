import type { FastifyInstance } from 'fastify'

/** What an instance is doing: it takes requests only while it is ready. */
export type Phase = 'starting' | 'ready' | 'draining'

/** GET `/health/live` and `/health/ready`. Redis is told of, but without it the gateway serves all the same. */
export function registerHealth(
  app: FastifyInstance,
  { phase, redis }: { phase: () => Phase; redis: () => 'up' | 'down' | 'none' },
): void {
  app.get('/health/live', () => ({ status: 'live' }))
  app.get('/health/ready', (_, reply) => {
    const status = phase()
    return reply
      .code(status === 'ready' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status, redis: redis() })
  })
}
