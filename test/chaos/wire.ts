// A way to a server that can be cut, as where its process has died: connections are refused, and those there are, reset.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export type Wire = {
  readonly port: number
  readonly cut: () => Promise<void>
  readonly mend: () => Promise<void>
}

export async function startWire(t: TestContext, to: number): Promise<Wire> {
  const open = new Set<Socket>()
  const server = createServer((inward) => {
    const outward = connect(to, '127.0.0.1')
    for (const [from, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      open.add(from)
      from.on('error', () => undefined)
      from.once('close', () => {
        open.delete(from)
        other.destroy()
      })
      from.pipe(other)
    }
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const cut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of open) socket.resetAndDestroy()
    await closed
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  t.after(cut)
  return { port, cut, mend: () => listen(port) }
}
