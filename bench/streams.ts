// What idle subscriptions cost in memory: 5,000 on one instance, each watching a device of its own. The baseline is as many
// responses that a bare node:http server leaves open. Resident memory of the server's process, before and after.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

const count = 5000
const atOnce = 100
const query = 'subscription ($d: DeviceAddress) { twinningChanged(deviceAddress: $d) { kind } }'

type Ready = { url: string; token: string }

const results: Record<string, { 'KiB each': number; 'MiB before': number; 'MiB after': number }> = {}
for (const [what, kind, open] of [
  ['bare node:http responses', 'bare', openStream],
  ['server-sent events', 'gateway', openStream],
  ['WebSocket', 'gateway', openSocket],
] as const) {
  const server = fork(fileURLToPath(new URL('streams-server.ts', import.meta.url)), [kind], {
    execArgv: ['--expose-gc'],
  })
  process.once('exit', () => server.kill('SIGKILL'))
  const [ready] = (await once(server, 'message')) as [Ready]
  // What the first ones bring with them is no idle stream's.
  await openMany(20, 900_000, ready, open)
  const before = await residentBytes(server)
  await openMany(count, 100_000, ready, open)
  await wait(2000)
  const after = await residentBytes(server)
  results[what] = {
    'KiB each': Number(((after - before) / count / 1024).toFixed(1)),
    'MiB before': Math.round(before / 2 ** 20),
    'MiB after': Math.round(after / 2 ** 20),
  }
  server.kill('SIGKILL')
}
console.table(results)
process.exit(0)

async function openMany(
  many: number,
  from: number,
  ready: Ready,
  open: (ready: Ready, device: string) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < many; i += atOnce)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, many - i) }, (_, n) => open(ready, `tel:+1556${from + i + n}`)),
    )
}

async function openStream({ url, token }: Ready, device: string): Promise<void> {
  const parameters = new URLSearchParams({ query, variables: JSON.stringify({ d: device }) })
  const request = get(`${url}/graphql/stream?${parameters.toString()}`, {
    agent: false,
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`HTTP status ${response.statusCode}`)
  response.resume()
}

async function openSocket({ url, token }: Ready, device: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  })
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { d: device } } }))
}

/** After a collection of what is garbage. */
async function residentBytes(server: ChildProcess): Promise<number> {
  server.send('collect')
  await once(server, 'message')
  const [, kiB] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? []
  return Number(kiB) * 1024
}
