// WORKERS: one port, several processes, which nobody outside can tell from one.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import test, { type TestContext } from 'node:test'
import { post } from './support/gateway.ts'
import { listening, start, withOperators, type Started } from './support/process.ts'
import { startRedis } from './support/redis.ts'
import { until } from './support/until.ts'

const watch = 'tel:+15560101'

async function startWorkers(t: TestContext) {
  const redis = await startRedis(t)
  const { sandbox, environment } = await withOperators(t)
  const idKey = Buffer.alloc(32, 7).toString('base64')
  const started = start(t, { ...environment, REDIS_URL: redis.url, ID_KEY: idKey, WORKERS: '2' })
  const url = await listening(started)
  await until('both listen', () => workersOf(started).length === 2 && served(started).length === 2)
  const token = await sandbox.characters.portal.token()
  return { started, url, sandbox, token }
}

/** The processes that have the port, by what they have logged. */
function served({ output }: Started): string[] {
  return output().match(/"msg":"Server listening at/g) ?? []
}

/** The process ids of the workers. */
function workersOf({ child: { pid } }: Started): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number)
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** Over a connection of its own, so that any of the workers may get it. */
async function read(url: string, token: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' },
    body: JSON.stringify({ query }),
  })
  return ((await response.json()) as { data: Record<string, any> }).data // eslint-disable-line @typescript-eslint/no-explicit-any -- asserted by each test
}

test('both answer, a change through one is read through the other, and metrics are those of both', async (t) => {
  const { url, sandbox, token } = await startWorkers(t)
  sandbox.operators.beta.seed({ ownAddress: watch, id: 'w1', name: 'first' })
  const list = `{ twinningDevice(address: "${watch}") { twinnings { nodes { id name } } } }`
  const nodes = (await read(url, token, list)).twinningDevice.twinnings.nodes as {
    id: string
    name: string
  }[]
  const mine = nodes.find(({ name }) => name === 'first')
  assert.ok(mine)
  const name = async () =>
    ((await read(url, token, `{ twinning(id: "${mine.id}") { name } }`)).twinning as { name: string }).name

  for (let n = 0; n < 10; n++) {
    const { errors } = await post(
      `${url}/graphql`,
      token,
      `mutation { renameTwinning(input: {id: "${mine.id}", name: "name ${n}"}) { userErrors { code } } }`,
    )
    assert.deepEqual(errors, [])
    await until('all read it', async () => {
      const names = await Promise.all(Array.from({ length: 8 }, name))
      return names.every((one) => one === `name ${n}`)
    })
  }

  const metrics = await (await fetch(`${url}/metrics`)).text()
  const reads = [...metrics.matchAll(/^twinning_operation_cost_count\{[^}]*\} (\d+)$/gm)]
  // 91 operations and more have been asked for, of whichever worker.
  assert.ok(reads.reduce((sum, [, count]) => sum + Number(count), 0) >= 91, metrics)
})

test('one that dies is replaced, and the port is served all the while', async (t) => {
  const { started, url, token } = await startWorkers(t)
  const [victim] = workersOf(started)

  process.kill(victim!, 'SIGKILL')
  await until('it is gone', () => !workersOf(started).includes(victim!))
  const meanwhile = await read(url, token, '{ __typename }')
  await until('there are two again', () => served(started).length === 3, 15_000)

  assert.deepEqual(meanwhile, { __typename: 'Query' })
  assert.match(started.output(), /"signal":"SIGKILL","msg":"a worker has died; another is started"/)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`on ${signal} all of them end, with code 0`, async (t) => {
    const { started } = await startWorkers(t)
    const workers = workersOf(started)

    started.child.kill(signal)
    const { code } = await started.ended()

    assert.equal(code, 0)
    assert.equal(workers.length, 2)
    for (const pid of workers) assert.throws(() => process.kill(pid, 0))
  })

test('where none can start, for a port that is taken, all of them end with code 1', async (t) => {
  const { url } = await startWorkers(t)
  const { environment } = await withOperators(t)
  const redis = await startRedis(t)

  const second = start(t, { ...environment, REDIS_URL: redis.url, WORKERS: '2', PORT: new URL(url).port })
  const { code } = await second.ended()

  assert.equal(code, 1)
  assert.match(second.errors(), /HOST, PORT: can't listen there \(EADDRINUSE\)/)
})

for (const [what, settings, fault] of [
  [
    'Redis',
    { OMA_SERVER_ROOT: 'http://op.example', AUTH: 'off' },
    /^REDIS_URL: expected to be set where WORKERS is more than 1$/m,
  ],
  [
    'an operator',
    { REDIS_URL: 'redis://127.0.0.1:1' },
    /^WORKERS: expected to be 1 with the sandbox, which is one process$/m,
  ],
] as const)
  test(`several workers need ${what}`, async (t) => {
    const started = start(t, { WORKERS: '2', ...settings })

    const { code } = await started.ended()

    assert.equal(code, 1)
    assert.match(started.errors(), fault)
  })
