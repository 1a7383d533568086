// An operator that is nobody's bottleneck: every device has 20 twinnings, and nothing is kept. POST /delay/{ms} says how
// long each answer takes from then on, GET /calls how many there were since the last time. Argument: port.
import { createServer, type ServerResponse } from 'node:http'
import { listOf, twinningJson } from './twinnings.ts'

const [port] = process.argv.slice(2)
const root = `http://127.0.0.1:${port}`
let delayMs = 0
let calls = 0

createServer((request, response) => {
  const [, api, , user = '', , id] = (request.url ?? '').split('/')
  if (api === 'twinning') {
    calls += 1
    const device = decodeURIComponent(user)
    const body = id === undefined ? listOf(root, device) : `{"twinning":${twinningJson(root, device, id)}}`
    if (delayMs > 0) setTimeout(send, delayMs, response, body)
    else send(response, body)
  } else if (api === 'calls') {
    send(response, String(calls))
    calls = 0
  } else {
    delayMs = Number((request.url ?? '').split('/').at(-1))
    send(response, String(delayMs))
  }
}).listen(Number(port), '127.0.0.1')

function send(response: ServerResponse, body: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    // Longer than a run: what is measured as warm stays so, by the operator's word and not by a setting.
    'cache-control': 'max-age=3600',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
