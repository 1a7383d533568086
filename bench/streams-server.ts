// The server of streams.ts, in a process of its own: `bare`, or the gateway with its sandbox.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config/config.ts'
import { createSandbox } from '../src/sandbox/world.ts'
import { inFrontOf } from '../src/sandboxed.ts'

process.on('message', () => {
  globalThis.gc?.()
  process.send?.('collected')
})
// Its parent may be killed.
process.on('disconnect', () => process.exit(0))
process.send?.(process.argv[2] === 'bare' ? await startBare() : await startGateway())

async function startBare() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(':\n\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: '' }
}

async function startGateway() {
  const sandbox = await createSandbox({ seed: false })
  const read = readConfig({ PORT: '0', LOG_LEVEL: 'silent' })
  if ('problems' in read) throw new TypeError('settings of our own are right')
  const app = await createApp(inFrontOf(sandbox, read.config))
  return { url: await app.listen(), token: await sandbox.characters.portal.token() }
}
