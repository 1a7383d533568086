import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** A REST call that has ended. */
export type Call = {
  readonly from: string
  readonly to: string
  readonly method: string
  readonly path: string
  /** Without one there was no answer. */
  readonly status?: number
  /** When it began, in milliseconds since 1970. */
  readonly at: number
  readonly tookMs: number
  readonly request?: unknown
  readonly answer?: unknown
}

/** An operator, and whether it fails whatever it is asked. */
export type OperatorState = { readonly id: string; readonly down: boolean }

export type Traffic = {
  /** Tells of each call and of each change of state until the function that it answers is called. */
  readonly watch: (tell: { call: (call: Call) => void; state: (state: OperatorState) => void }) => () => void
  readonly states: () => readonly OperatorState[]
}

const beatEveryMs = 15_000
const maxWaitingBytes = 1024 * 1024

/**
 * Serves traffic as server-sent events: `hello` with this server's clock and what names its run (a page that meets another
 * one knows that its devices and tokens are gone), `state` of each operator, then what happens.
 */
export function serveTraffic(app: FastifyInstance, path: string, traffic: Traffic): void {
  const open = new Set<ServerResponse>()
  const run = randomUUID()

  app.get(path, (_, reply) => {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
    const send = (text: string) => {
      // Whoever does not read loses its stream, not our memory.
      if (raw.writableLength > maxWaitingBytes) raw.destroy()
      else raw.write(text)
    }
    const tell = (event: string) => (data: unknown) =>
      send(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    tell('hello')({ now: Date.now(), run })
    traffic.states().forEach(tell('state'))
    const stop = traffic.watch({ call: tell('call'), state: tell('state') })
    const beat = setInterval(() => send(':\n\n'), beatEveryMs).unref()
    open.add(raw)
    raw.once('close', () => {
      stop()
      clearInterval(beat)
      open.delete(raw)
    })
  })
  // A stream has no end of its own that a server which closes could wait for.
  app.addHook('preClose', (done) => {
    for (const raw of open) raw.end()
    done()
  })
}
