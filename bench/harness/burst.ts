// Sends prepared requests at once, each over a connection of its own that is open already, and tells how long each took.
// Bare sockets: a client that did more would be a part of what is measured.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type Burst = {
  /** Milliseconds until the whole answer was there, and the answer's status line and body. */
  readonly answers: readonly { readonly ms: number; readonly text: string }[]
}

export type Connections = {
  readonly send: (requests: readonly string[]) => Promise<Burst>
  readonly close: () => void
}

export async function openConnections(url: string, count: number): Promise<Connections> {
  const { hostname, port } = new URL(url)
  const sockets = Array.from({ length: count }, () =>
    connect({ host: hostname, port: Number(port), noDelay: true }),
  )
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return {
    send: async (requests) => {
      const started = performance.now()
      const answers = requests.map(async (request, n) => {
        const socket = sockets[n]
        if (!socket) throw new RangeError('one connection for each request')
        const text = await exchange(socket, request)
        return { ms: performance.now() - started, text }
      })
      return { answers: await Promise.all(answers) }
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function exchange(socket: Socket, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: string[] = []
    let length = 0
    let expected: number | undefined
    const heard = (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      chunks.push(text)
      length += text.length
      // Looked at once: an answer may be long, and come in many pieces.
      expected ??= lengthOf(chunks)
      const isComplete = expected === undefined ? text.endsWith('\r\n0\r\n\r\n') : length >= expected
      if (!isComplete) return
      socket.off('data', heard)
      socket.off('close', gone)
      resolve(chunks.join(''))
    }
    const gone = () => reject(new Error('the connection was closed'))
    socket.on('data', heard)
    socket.once('close', gone)
    socket.write(request)
  })
}

/** Of head and body; `undefined` until the head is there, and where it does not say. */
function lengthOf(chunks: readonly string[]): number | undefined {
  const text = chunks.join('')
  const end = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, Math.max(end, 0)))?.[1]
  return length === undefined ? undefined : end + 4 + Number(length)
}
