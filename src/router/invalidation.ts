import { request } from 'undici'
import { report } from '../telemetry/channels.ts'

/** Tells a router to drop what it keeps under these tags. Settles in a second at most, and never rejects. */
export type InvalidateRouter = (tags: readonly string[]) => Promise<void>

const withinMs = 1000

/**
 * The response cache invalidation endpoint of Apollo Router (GraphOS documentation, "Response caching: Invalidation"):
 * POST of a list of requests, with the shared key as the Authorization header. Where it fails, what the router keeps ends
 * by its max-age.
 */
export function createInvalidateRouter({
  url,
  key,
  subgraph,
}: {
  url: URL
  key: string
  subgraph: string
}): InvalidateRouter {
  return async (tags) => {
    if (tags.length === 0) return
    const requests = tags.map((tag) => ({ kind: 'cache_tag', subgraphs: [subgraph], cache_tag: tag }))
    try {
      const { statusCode, body } = await request(url, {
        method: 'POST',
        // Changes are rare, and a connection that is kept would keep the process from ending.
        reset: true,
        headers: { authorization: key, 'content-type': 'application/json' },
        body: JSON.stringify(requests),
        signal: AbortSignal.timeout(withinMs),
      })
      await body.dump()
      if (statusCode >= 200 && statusCode < 300) report('router.invalidation', { outcome: 'done' })
      else report('router.invalidation', { outcome: 'failed', error: `HTTP status ${statusCode}` })
    } catch (error) {
      // Its message would name the router's address.
      const { name } = error instanceof Error ? error : { name: 'unknown' }
      report('router.invalidation', { outcome: 'failed', error: name })
    }
  }
}
