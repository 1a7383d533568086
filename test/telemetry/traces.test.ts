// Which trace a request belongs to.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { createLog } from '../../src/telemetry/log.ts'
import { parseTraceparent } from '../../src/telemetry/traceContext.ts'
import { startGateway, watch } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'

for (const [header, sampled] of [
  [`00-${trace}-${span}-01`, true],
  [`00-${trace}-${span}-00`, false],
  [`00-${trace}-${span}-03`, true],
  [`cc-${trace}-${span}-01-what-the-future-will-bring`, true],
] as const)
  test(`W3C Trace Context: ${header} is a traceparent`, () => {
    assert.deepEqual(parseTraceparent(header), { traceId: trace, spanId: span, isSampled: sampled })
  })

for (const header of [
  undefined,
  '',
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01-more`,
  `ff-${trace}-${span}-01`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}-01, 00-${trace}-${span}-01`,
  `00-tel:+15560101-${span}-01`,
])
  test(`W3C Trace Context: ${header} is none`, () => {
    assert.equal(parseTraceparent(header), undefined)
  })

type Line = { readonly msg: string; readonly trace_id?: string; readonly span_id?: string }

async function start(t: TestContext) {
  const lines: Line[] = []
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Line) })
  const gateway = await startGateway(t, { environment: { LOG_LEVEL: 'info' }, log })
  const authorization = `Bearer ${await gateway.token('twinning:read', watch)}`
  const ask = async (traceparent?: string) => {
    lines.length = 0
    await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/json',
        ...(traceparent !== undefined && { traceparent }),
      },
      body: JSON.stringify({ query: '{ twinningDevice { twinnings { totalCount } } }' }),
    })
    const find = () => lines.find(({ msg }) => msg === 'request')
    await until('the request is in the log', () => find() !== undefined)
    return find()
  }
  return { ask }
}

test("a request's line in the log names the trace that it came with, executed or at hand", async (t) => {
  const { ask } = await start(t)

  for (let n = 0; n < 3; n++) {
    const line = await ask(`00-${trace}-${span}-01`)
    assert.deepEqual([line?.trace_id, line?.span_id], [trace, span])
  }
})

test('without a trace, or with none that is one, it names none', async (t) => {
  const { ask } = await start(t)

  for (const header of [undefined, 'nonsense']) {
    const line = await ask(header)
    assert.ok(line && !('trace_id' in line) && !('span_id' in line))
  }
})
