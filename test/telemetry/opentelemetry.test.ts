// Traces and metrics as a collector gets them, from a router's request to the operator's.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createLog } from '../../src/telemetry/log.ts'
import { createSpanExporter } from '../../src/telemetry/opentelemetry/exporters.ts'
import { idOf } from '../access/support.ts'
import { attributesOf, startCollector, type Collector, type ReceivedSpan } from '../support/collector.ts'
import { phone, startGateway, watch, type Gateway } from '../support/gateway.ts'
import { listening, start as startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const routerSpan = '00f067aa0ba902b7'
const template = '/twinning/v1/{userId}/twinnings'
const id = idOf('beta', watch, 'tw1')
const one = `query Watch { twinning(id: "${id}") { name } }`
const list = `query List { twinningDevice(address: "${watch}") { twinnings { nodes { name } } } }`
const [server, client] = [2, 3]
const failed = 2

async function start(
  t: TestContext,
  {
    collector,
    environment = {},
    log,
  }: {
    collector: Collector
    environment?: Record<string, string>
    log?: ReturnType<typeof createLog>
  },
): Promise<Gateway> {
  const gateway = await startGateway(t, {
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '20',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
      ...environment,
    },
    ...(log && { log }),
  })
  gateway.sandbox.operators.beta.seed({
    id: 'tw1',
    ownAddress: watch,
    name: 'myWatch',
    otherDevice: { address: phone },
  })
  return gateway
}

async function ask(
  { url, token }: Gateway,
  query: string,
  { headers = {}, authorization }: { headers?: Record<string, string>; authorization?: string } = {},
): Promise<{ extensions?: { explain?: { calls: unknown[] } } }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: authorization ?? `Bearer ${await token('twinning:read:any twinning:explain')}`,
      ...headers,
    },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as { extensions?: { explain?: { calls: unknown[] } } }
}

const fromRouter = (flags = '01') => ({ traceparent: `00-${trace}-${routerSpan}-${flags}` })

function find(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  return spans.find((span) => span.name === name) ?? assert.fail(`no ${name} in ${names(spans).join(', ')}`)
}

const names = (spans: readonly ReceivedSpan[]) => spans.map(({ name }) => name).sort()

/** The headers with which the gateway asked its operator. */
function asked({ sandbox: { operators } }: Gateway) {
  return operators.beta.requests().map(({ headers }) => headers)
}

test("a router's trace goes on through the gateway to the operator", async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })

  await ask(gateway, one, { headers: { ...fromRouter(), tracestate: 'router=a1,vendor=b2' } })

  const spans = await collector.untilSpans(({ length }) => length === 2)
  const own = find(spans, 'POST /graphql')
  const call = find(spans, `GET ${template}/{twinningId}`)
  assert.deepEqual([own.traceId, own.parentSpanId, own.kind], [trace, routerSpan, server])
  assert.deepEqual([call.traceId, call.parentSpanId, call.kind], [trace, own.spanId, client])
  assert.deepEqual(
    asked(gateway).map(({ traceparent, tracestate }) => [traceparent, tracestate]),
    [[`00-${trace}-${call.spanId}-01`, 'router=a1,vendor=b2']],
  )
  assert.equal(own.traceState, 'router=a1,vendor=b2')
})

test('spans have the attributes of the semantic conventions, and no document', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })

  await ask(gateway, one)

  const spans = await collector.untilSpans(({ length }) => length === 2)
  assert.deepEqual(attributesOf(find(spans, 'POST /graphql').attributes), {
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'url.path': '/graphql',
    'url.scheme': 'http',
    'http.response.status_code': 200,
    'graphql.operation.type': 'query',
    'graphql.operation.name': 'Watch',
  })
  assert.deepEqual(attributesOf(find(spans, `GET ${template}/{twinningId}`).attributes), {
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.template': `${template}/{twinningId}`,
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(gateway.sandbox.operators.beta.serverRoot).port),
    'twinning.operator': 'beta',
  })
  assert.equal(collector.resource()['service.name'], 'twinning-gateway')
  assert.ok(collector.resource()['service.instance.id'])
})

test('what is read of Redis is a span, and which tier had what an event', async (t) => {
  const [collector, redis] = await Promise.all([startCollector(), startRedis(t)])
  const gateway = await start(t, { collector, environment: { REDIS_URL: redis.url } })

  await ask(gateway, one, { headers: fromRouter() })

  const spans = await collector.untilSpans(({ length }) => length === 3)
  const own = find(spans, 'POST /graphql')
  const read = find(spans, 'MGET')
  assert.deepEqual([read.traceId, read.parentSpanId, read.kind], [trace, own.spanId, client])
  assert.deepEqual(attributesOf(read.attributes), {
    'db.system.name': 'redis',
    'db.operation.name': 'MGET',
    'twinning.keys': 1,
  })
  assert.deepEqual(
    own.events.map(({ name, attributes }) => [name, attributesOf(attributes)]),
    [['twinning.cache', { 'twinning.entity': 'twinning', 'twinning.tier': 'none', 'twinning.count': 1 }]],
  )
})

test('an answer at hand has its span as well', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector, environment: { FAST_PATH: 'on' } })
  const authorization = `Bearer ${await gateway.token('twinning:read:any')}`

  for (let n = 0; n < 3; n++) await ask(gateway, one, { authorization, headers: fromRouter() })

  const spans = await collector.untilSpans(({ length }) => length === 4)
  const atHand = spans.filter(({ attributes }) => attributesOf(attributes)['twinning.at_hand'] === 'answer')
  assert.ok(atHand.length > 0)
  for (const { name, traceId, parentSpanId } of atHand)
    assert.deepEqual([name, traceId, parentSpanId], ['POST /graphql', trace, routerSpan])
})

test('whom the router does not sample is not exported, and the operator is told so', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })

  await ask(gateway, list, { headers: fromRouter('00') })
  await ask(gateway, one)

  const spans = await collector.untilSpans(({ length }) => length >= 1)
  assert.deepEqual(
    spans.filter(({ traceId }) => traceId === trace),
    [],
  )
  assert.match(
    String(asked(gateway)[0]?.traceparent),
    new RegExp(`^00-${trace}-(?!${routerSpan})[\\da-f]{16}-00$`),
  )
})

test('OTEL_TRACES_SAMPLER=always_off: nothing is exported, whoever asks', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector, environment: { OTEL_TRACES_SAMPLER: 'always_off' } })

  await ask(gateway, one, { headers: fromRouter() })
  await gateway.close()

  assert.deepEqual(collector.spans(), [])
})

test('a call that fails says how, each attempt by itself, and what the caller was told', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })
  gateway.sandbox.operators.beta.faults.add({ status: 503, body: {} })

  await ask(gateway, list)

  const spans = await collector.untilSpans(({ length }) => length === 4)
  const calls = spans.filter(({ name }) => name === `GET ${template}`)
  assert.deepEqual(
    calls.map(({ attributes, status }) => {
      const told = attributesOf(attributes)
      return [
        told['http.response.status_code'],
        told['error.type'],
        told['http.request.resend_count'],
        status.code,
      ]
    }),
    [
      [503, '503', undefined, failed],
      [503, '503', 1, failed],
      [503, '503', 2, failed],
    ],
  )
  const own = attributesOf(find(spans, 'POST /graphql').attributes)
  assert.deepEqual(own['twinning.error_codes'], ['UPSTREAM_UNAVAILABLE'])
})

test('who waits for the call of another trace has a link to it', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })
  gateway.sandbox.operators.beta.faults.add({ delayMs: 300 })

  await Promise.all([ask(gateway, list), ask(gateway, list)])

  const spans = await collector.untilSpans(({ length }) => length === 4)
  const call = find(spans, `GET ${template}`)
  const waited = find(spans, `wait for GET ${template}`)
  assert.equal(attributesOf(call.attributes)['twinning.shared'], true)
  assert.notEqual(waited.traceId, call.traceId)
  assert.deepEqual(
    waited.links.map(({ traceId, spanId }) => [traceId, spanId]),
    [[call.traceId, call.spanId]],
  )
})

test('a client that goes leaves a span that has ended', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })
  gateway.sandbox.operators.beta.faults.add({ hang: true })
  const gone = new AbortController()

  const begun = fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await gateway.token('twinning:read:any')}`,
    },
    body: JSON.stringify({ query: list }),
    signal: gone.signal,
  })
  await until('the operator is asked', () => asked(gateway).length > 0)
  gone.abort()

  await assert.rejects(begun)
  const spans = await collector.untilSpans(({ length }) => length === 2)
  for (const { attributes } of spans) assert.equal(attributesOf(attributes)['error.type'], 'aborted')
})

test('nothing personal is exported, wherever a client puts it', async (t) => {
  const [collector, redis] = await Promise.all([startCollector(), startRedis(t)])
  const gateway = await start(t, {
    collector,
    environment: { REDIS_URL: redis.url, NOTIFY_SECRET: 'secret-1' },
  })
  const personal = 'tel:+15560101'

  await ask(gateway, list, { headers: { ...fromRouter(), tracestate: `who=${personal}` } })
  await ask(
    gateway,
    `mutation { renameTwinning(input: { id: "${id}", name: "mine" }) { twinning { name } } }`,
  )
  await ask(gateway, `{ twinningDevice(address: "${personal}") { nothing } }`)
  await fetch(`${gateway.url}/${personal}?${personal}`, {
    headers: { 'user-agent': personal, baggage: personal },
  })
  await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(list)}`)
  await collector.untilSpans((spans) => spans.filter(({ kind }) => kind === server).length === 5)
  await gateway.close()

  const text = collector.text()
  assert.match(text, /graphql/)
  assert.doesNotMatch(text, /15560101|15550100|tel:|tw1|myWatch|mine|secret-1|eyJ|\?/)
  assert.equal(asked(gateway)[0]?.tracestate, undefined)
  assert.deepEqual(
    asked(gateway).flatMap(({ baggage }) => baggage ?? []),
    [],
  )
})

test('what personal there were in a span all the same would not leave', async () => {
  const collector = await startCollector()
  const exporter = await createSpanExporter(new URL(collector.url), 'http/json')
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })

  const span = provider.getTracer('test').startSpan('GET /tel:+15560101', {
    attributes: { text: 'sip:alice@alpha.example', list: ['tel:+15560101', 'plain'], count: 1 },
  })
  span.addEvent('event', { authorization: 'Bearer abcdefghi' })
  span.end()
  await provider.shutdown()

  const [{ name, attributes, events } = assert.fail('no span')] = collector.spans()
  assert.equal(name, 'GET /[redacted]')
  assert.deepEqual(attributesOf(attributes), { text: '[redacted]', list: ['[redacted]', 'plain'], count: 1 })
  assert.deepEqual(attributesOf(events[0]?.attributes ?? []), { authorization: 'Bearer [redacted]' })
})

test('an explained answer and a trace tell of the same', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })

  const { extensions } = await ask(gateway, one, { headers: { ...fromRouter(), 'x-twinning-explain': '1' } })

  const spans = await collector.untilSpans(({ length }) => length === 2)
  assert.equal(extensions?.explain?.calls.length, 1)
  assert.equal(
    asked(gateway)[0]?.traceparent,
    `00-${trace}-${find(spans, `GET ${template}/{twinningId}`).spanId}-01`,
  )
})

test("a request's line in the log names its span", async (t) => {
  const collector = await startCollector()
  const lines: { msg: string; trace_id?: string; span_id?: string }[] = []
  const log = createLog('info', {
    write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  })
  const gateway = await start(t, { collector, log })

  await ask(gateway, one)

  const spans = await collector.untilSpans(({ length }) => length === 2)
  const own = find(spans, 'POST /graphql')
  const line = lines.find(({ msg }) => msg === 'request')
  assert.deepEqual([line?.trace_id, line?.span_id], [own.traceId, own.spanId])
})

test('the series of /metrics are exported, those that OpenTelemetry has a name for under that', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, { collector })

  for (let n = 0; n < 2; n++) await ask(gateway, one)
  await until('both are counted', () => points(collector).some(({ count }) => count === 2))

  const duration = collector.metrics().get('http.server.request.duration')
  const [point] = points(collector)
  assert.equal(duration?.unit, 's')
  assert.deepEqual(point && attributesOf(point.attributes), {
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'http.response.status_code': 200,
  })
  assert.equal(point?.bucketCounts.length, (point?.explicitBounds.length ?? 0) + 1)
  assert.equal(
    point.bucketCounts.reduce((sum, count) => sum + count, 0),
    2,
  )
  const reads = collector.metrics().get('twinning_cache_reads')?.sum
  assert.equal(reads?.isMonotonic, true)
  assert.deepEqual(
    reads.dataPoints.map(({ attributes, asDouble }) => [attributesOf(attributes)['tier'], asDouble]),
    [
      ['memory', 1],
      ['redis', 0],
      ['none', 1],
    ],
  )
})

function points(collector: Collector) {
  return collector.metrics().get('http.server.request.duration')?.histogram?.dataPoints ?? []
}

test('what a gateway has left it sends when it closes, as protobuf unless told otherwise', async (t) => {
  const collector = await startCollector()
  const gateway = await start(t, {
    collector,
    environment: {
      OTEL_EXPORTER_OTLP_PROTOCOL: '',
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_METRIC_EXPORT_INTERVAL: '600000',
    },
  })

  await ask(gateway, one)
  await gateway.close()

  assert.deepEqual(collector.requests().toSorted(), [
    '/v1/metrics application/x-protobuf',
    '/v1/traces application/x-protobuf',
  ])
  assert.match(collector.text(), /graphql\.operation\.name/)
})

for (const [exporter, path] of [
  ['OTEL_TRACES_EXPORTER', '/v1/metrics'],
  ['OTEL_METRICS_EXPORTER', '/v1/traces'],
] as const)
  test(`${exporter}=none: the other one alone is exported`, async (t) => {
    const collector = await startCollector()
    const gateway = await start(t, { collector, environment: { [exporter]: 'none' } })

    await ask(gateway, one)
    await gateway.close()

    assert.deepEqual([...new Set(collector.requests())], [`${path} application/json`])
  })

test('a collector that takes nothing costs nobody an answer, and is in the log and the metrics', async (t) => {
  const collector = await startCollector({ status: 400 })
  const lines: { msg: string; signal?: string }[] = []
  const log = createLog('info', {
    write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  })
  const gateway = await start(t, { collector, log })

  const answer = await ask(gateway, one)

  assert.deepEqual('errors' in answer, false)
  await until('it is in the log', () => lines.some(({ signal }) => signal === 'traces'))
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  assert.match(metrics, /twinning_telemetry_exports_total\{signal="traces",outcome="failed"\} [1-9]/)
})

test('without an endpoint nothing of the SDK is loaded', async (t) => {
  const watching = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve: (name, context, next) => {
      if (/opentelemetry/.test(name)) console.error('loaded ' + name)
      return next(name, context)
    } })`
  const options = `--import=data:text/javascript,${encodeURIComponent(watching)}`
  const collector = await startCollector()
  const loaded = async (environment: Record<string, string>) => {
    const started = startProcess(t, { NODE_OPTIONS: options, ...environment })
    await listening(started)
    started.child.kill('SIGKILL')
    // prom-client asks for the API, of which there is nothing to start.
    return started.errors().match(/loaded (?!@opentelemetry\/api$).*/gm) ?? []
  }

  assert.deepEqual(await loaded({}), [])
  assert.ok((await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).length > 0)
})
