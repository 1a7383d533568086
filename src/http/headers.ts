import type { FastifyInstance } from 'fastify'

/**
 * What a browser is told with every answer: what it is not to guess, embed or frame. Few, as answers at hand pay for each of
 * them; what else concerns pages goes with pages. Set before anything else, so that streams have them as well.
 */
export function secureAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    })
    done()
  })
}
