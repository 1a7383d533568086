import type { FastifyInstance } from 'fastify'
import { pageOnly, pagePolicy, secure } from './policy.ts'
import { readSite } from './site.ts'
import { serveTraffic, type Traffic } from './traffic.ts'

/** A device of the demo, and a token to call as it. */
export type Performer = { readonly address: string; readonly operator: string; readonly token: string }

/** The phone, and the watch that is at the phone's operator or at another. */
export type Cast = {
  readonly phone: Performer
  readonly watches: { readonly same: Performer; readonly other: Performer }
  /** Where each operator takes fixtures and faults, by its id: `/_sandbox/…` below this URL. */
  readonly operators: Readonly<Record<string, string>>
}

/** What stands behind the demo page: devices, and operators that can be made to fail. */
export type Demo = {
  readonly cast: () => Promise<Cast>
  readonly traffic: Traffic
  /** Whether there is such an operator. */
  readonly setDown: (operatorId: string, down: boolean) => boolean
}

/**
 * The page at `/demo`, built by Vite from the folder of that name, and what it asks for. Whoever reaches it gets the tokens
 * of its devices and may break its operators: give it a sandbox, and nothing else.
 */
export function registerDemo(app: FastifyInstance, demo: Demo): void {
  const site = readSite(new URL('../../demo/dist/', import.meta.url))

  for (const path of ['/demo', '/demo/'])
    app.get(path, (request, reply) => {
      const page = site?.get('index.html')
      if (!page) return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt)
      return secure(reply, pagePolicy(request.host, { 'script-src': "'self'", 'style-src': "'self'" }))
        .headers(pageOnly)
        .header('cache-control', 'no-store')
        .type(page.type)
        .send(page.content)
    })

  app.get<{ Params: { '*': string } }>('/demo/assets/*', (request, reply) => {
    const asset = site?.get(`assets/${request.params['*']}`)
    if (!asset) {
      reply.callNotFound()
      return reply
    }
    const zipped = asset.gzip !== undefined && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    if (zipped) reply.header('content-encoding', 'gzip')
    return (
      secure(reply, "default-src 'none'")
        .type(asset.type)
        // Its name holds a hash of its content.
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'accept-encoding')
        .send(zipped ? asset.gzip : asset.content)
    )
  })

  app.get('/demo/cast', async (_, reply) => reply.header('cache-control', 'no-store').send(await demo.cast()))

  app.post<{ Params: { id: string }; Body: unknown }>('/demo/operators/:id', (request, reply) => {
    const { body } = request
    const down = typeof body === 'object' && body !== null && 'down' in body ? body.down : undefined
    if (typeof down !== 'boolean')
      return reply.code(400).send({ message: 'expected {"down": true or false}' })
    if (!demo.setDown(request.params.id, down)) {
      reply.callNotFound()
      return reply
    }
    return reply.code(204).send()
  })

  serveTraffic(app, '/demo/traffic', demo.traffic)
}

const notBuilt =
  'The demo page has not been built: `npm run demo:build` does it; then start the gateway again.\n'
