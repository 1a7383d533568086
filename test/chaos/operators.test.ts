// Two operators, one of which does whatever an operator can do, under load on both: the other one's answers stay good and
// prompt, and of the one that fails each field that is missing has its error.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { Operator as OperatorSettings } from '../../src/config/operators.ts'
import type { Fault } from '../../src/sandbox/faults.ts'
import { createSandbox, type Sandbox } from '../../src/sandbox/world.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'
import { startLoad, type Load } from './load.ts'
import { assertFlawless, assertNothingLostOrWrong, type Tally } from './tally.ts'
import { addressesOf, listQuery, populate, portal, type Target } from './world.ts'
import { startWire, type Wire } from './wire.ts'

const timeoutMs = 1500
// The breaker's rest by then, one more attempt, and what a busy machine takes.
const recoveredWithinMs = 15_000

type Front = {
  readonly sandbox: Sandbox
  readonly gateway: Gateway
  readonly targets: readonly Target[]
  readonly token: string
  readonly load: Load
  /** The way to beta. */
  readonly wire: Wire
}

async function start(
  t: TestContext,
  { staleS = 0, writes = true }: { staleS?: number; writes?: boolean } = {},
): Promise<Front> {
  const sandbox = await createSandbox({ seed: false })
  t.after(sandbox.close)
  const { port } = new URL(sandbox.operators.beta.url)
  const wire = await startWire(t, Number(port))
  const through = (url: string) => url.replace(`:${port}/`, `:${wire.port}/`)
  const rewired = (operator: OperatorSettings): OperatorSettings => ({
    ...operator,
    serverRoot: new URL(through(operator.serverRoot.href)),
  })
  const gateway = await startGateway(t, {
    sandbox,
    environment: { OMA_TIMEOUT_MS: String(timeoutMs), CACHE_TTL_S: '1', CACHE_STALE_S: String(staleS) },
    config: (config) => ({ ...config, operators: config.operators.map(rewired) }),
  })
  const targets = await populate(sandbox, gateway.url)
  const token = await portal(sandbox)
  const load = startLoad(t, { instances: [gateway.url], targets, token, readersOfEach: 3, writes })
  return { sandbox, gateway, targets, token, load, wire }
}

/** Everything can be had of both operators again. */
function recovered({ gateway, targets, token }: Front): Promise<void> {
  const addresses = addressesOf(targets)
  const ask = async () => (await gateway.query(token, listQuery, { addresses })).errors.length === 0
  return until('everything can be had again', ask, recoveredWithinMs)
}

/** The healthy operator's fields are all there, and none of them has waited for the other operator. */
function assertUnaffected(tally: Tally): void {
  assert.deepEqual(tally.codesOf('alpha'), {})
  assert.ok(tally.medianMs('alpha') < timeoutMs / 3, tally.summary())
  // What waited for the other would have waited for its whole time.
  assert.ok(tally.slowerThan(timeoutMs * 0.9, 'alpha') < 0.05, tally.summary())
}

async function befall(front: Front, inflict: () => unknown, heal: () => unknown) {
  const { load } = front
  await load.phase('before', 250)
  await load.pause('turning')
  await inflict()
  await load.phase('during', 1200)
  await load.phase('healing', 0)
  await heal()
  await recovered(front)
  await load.phase('after', 250)
  const tallies = await load.stop()

  assertFlawless(tallies, ['before', 'after'])
  for (const phase of ['turning', 'during', 'healing']) assertNothingLostOrWrong(tallies[phase]!, phase)
  const { during: meanwhile } = tallies
  assertUnaffected(meanwhile!)
  assert.ok(meanwhile!.slowestMs() < 3 * timeoutMs, meanwhile!.summary())
  return meanwhile!
}

const unavailable = 'UPSTREAM_UNAVAILABLE'
const invalid = 'UPSTREAM_INVALID_RESPONSE'
const faults: readonly (readonly [string, Fault, readonly string[]])[] = [
  // Once the breaker spares it, it is unavailable.
  ['hangs', { hang: true }, ['UPSTREAM_TIMEOUT', unavailable]],
  ['answers too late', { delayMs: timeoutMs + 300 }, ['UPSTREAM_TIMEOUT', unavailable]],
  ['answers with garbage', { body: '<html>\u0000 {"twinning":' }, [invalid]],
  ['answers with JSON of another form', { body: { twinningList: 7, twinning: [[]] } }, [invalid]],
  ['breaks off in the middle', { truncate: true }, [invalid]],
  ['resets connections', { reset: true }, [unavailable]],
  ['answers nothing but 503', { status: 503, body: 'down' }, [unavailable]],
  ['answers every other request with 500', { status: 500, probability: 0.5 }, [unavailable]],
  ['asks to be left alone', { status: 429, headers: { 'retry-after': '2' } }, ['RATE_LIMITED']],
]

for (const [what, fault, codes] of faults)
  test(`an operator that ${what} costs its own fields and nothing else`, { timeout: 30_000 }, async (t) => {
    const front = await start(t)
    const { beta } = front.sandbox.operators

    const tally = await befall(front, () => beta.faults.add(fault), beta.faults.clear)

    const found = Object.keys(tally.codesOf('beta'))
    assert.ok(found.length > 0, tally.summary())
    assert.deepEqual(
      found.filter((code) => !codes.includes(code)),
      [],
    )
  })

test('an operator that is dead costs its own fields and nothing else', { timeout: 30_000 }, async (t) => {
  const front = await start(t)

  const tally = await befall(front, front.wire.cut, front.wire.mend)

  assert.deepEqual(Object.keys(tally.codesOf('beta')), [unavailable])
})

test('an operator that is slow, but in time, costs time and no field', { timeout: 30_000 }, async (t) => {
  const front = await start(t)
  const { beta } = front.sandbox.operators

  const tally = await befall(front, () => beta.faults.add({ delayMs: 200 }), beta.faults.clear)

  assert.deepEqual(tally.codesOf('beta'), {})
})

const rename =
  'mutation ($id: ID!) { renameTwinning(input: { id: $id, name: "n" }) { twinning { name } userErrors { code } } }'

test(
  'what was read of an operator before it died is answered, and a change is refused',
  { timeout: 30_000 },
  async (t) => {
    const { load, wire, targets, gateway, token } = await start(t, { staleS: 300, writes: false })
    await load.phase('before', 500)

    await wire.cut()
    // Longer than anything is fresh.
    await load.phase('during', 2000)
    const id = targets.find(({ operator }) => operator === 'beta')!.id
    const { data, errors } = await gateway.query(token, rename, { id })
    await wire.mend()
    const tallies = await load.stop()

    assert.deepEqual(data, { renameTwinning: null })
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path, extensions.code]),
      [[['renameTwinning'], unavailable]],
    )
    for (const phase of ['before', 'during']) {
      assertNothingLostOrWrong(tallies[phase]!, phase)
      assertUnaffected(tallies[phase]!)
      assert.deepEqual(tallies[phase]!.codesOf('beta'), {})
    }
    assert.ok(tallies.during!.answers() > 50, tallies.during!.summary())
  },
)
