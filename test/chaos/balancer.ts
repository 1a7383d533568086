// A load balancer as they are: round robin over the instances that say they are ready, connections kept, nothing tried twice.
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export type Balancer = {
  readonly url: string
  readonly add: (instance: string) => void
  readonly isReady: (instance: string) => boolean
  /** What probes of an instance have found, each change once: a status, or `gone`. */
  readonly seen: (instance: string) => readonly (number | 'gone')[]
  readonly served: (instance: string) => number
}

const probeEveryMs = 100

export async function startBalancer(t: TestContext): Promise<Balancer> {
  const seen = new Map<string, (number | 'gone')[]>()
  const served = new Map<string, number>()
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const isReady = (instance: string) => seen.get(instance)?.at(-1) === 200

  async function probe(instance: string): Promise<void> {
    const found = await statusOf(instance)
    const before = seen.get(instance) ?? []
    if (before.at(-1) !== found) seen.set(instance, [...before, found])
  }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const ready = [...seen.keys()].filter(isReady)
    const instance = ready[turn++ % ready.length]
    if (instance === undefined) {
      outgoing.writeHead(503).end('no instance is ready')
      return
    }
    served.set(instance, (served.get(instance) ?? 0) + 1)
    const { method, headers, url } = incoming
    const further = request(new URL(url ?? '/', instance), { method, headers, agent })
    further.on('response', (answer) => {
      // Whether this connection is kept is between the two of them.
      const kept = { ...answer.headers }
      delete kept.connection
      delete kept['keep-alive']
      outgoing.writeHead(answer.statusCode ?? 502, kept)
      answer.pipe(outgoing)
    })
    further.on('error', (error) => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end(`${instance}: ${error.message}`)
    })
    incoming.pipe(further)
  }

  const server = createServer(forward).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const timer = setInterval(() => {
    for (const instance of seen.keys()) void probe(instance)
  }, probeEveryMs)
  t.after(() => {
    clearInterval(timer)
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (instance) => void seen.set(instance, []),
    isReady,
    seen: (instance) => seen.get(instance) ?? [],
    served: (instance) => served.get(instance) ?? 0,
  }
}

/** Over a connection of its own, so that `gone` is what a new client would find. */
async function statusOf(instance: string): Promise<number | 'gone'> {
  const asked = request(`${instance}/health/ready`, { agent: false, timeout: 1000 })
  asked.end()
  asked.on('timeout', () => asked.destroy())
  try {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    answer.resume()
    return answer.statusCode ?? 0
  } catch {
    return 'gone'
  }
}
