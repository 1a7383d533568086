// Whatever is asked, by whomever: a gateway that has the answer at hand says what one says that keeps nothing, and neither
// says what its caller may not know. FUZZ_SEED=<what a failure names> asks the same again, FUZZ_DOCUMENTS=5000 so many.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { parse, validate } from 'graphql'
import { createSealer } from '../../src/domain/ids.ts'
import { createSchema } from '../../src/graphql/schema.ts'
import { listen } from '../../src/telemetry/channels.ts'
import { idKey, seenOf } from '../fast/support.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { randomRequest, type Request } from './generator.ts'
import { createRandom } from './random.ts'
import {
  goodValuesIn,
  neighbourOf,
  plainly,
  randomCaller,
  randomReader,
  secretsFrom,
  seedWorld,
  valuesIn,
  type Caller,
} from './world.ts'

const documents = Number(process.env.FUZZ_DOCUMENTS ?? 200)
const rounds = 3

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const schema = createSchema('full')
const sealer = createSealer([Buffer.from(idKey, 'base64')])
const values = valuesIn(sealer)
const goodValues = goodValuesIn(sealer)
// Answers with these in them are hardly ever kept.
const unkept = ['activationCode', 'authCode', 'twinningStatistics']

/** Two gateways in front of one world, one of which keeps nothing. The clock stands still, so that nothing grows old. */
async function startWarmAndCold(t: TestContext): Promise<{ warm: Gateway; cold: Gateway }> {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const environment = { ID_KEY: idKey, RATE_LIMIT: '0', RATE_LIMIT_UNAUTHENTICATED: '0' }
  const warm = await startGateway(t, { environment: { ...environment, FAST_PATH: 'on' } })
  const cold = await warm.another({ FAST_PATH: 'off', CACHE_TTL_S: '0', CACHE_STALE_S: '0' })
  seedWorld(warm.sandbox)
  return { warm, cold }
}

function tokens({ token }: Gateway): (caller: Caller | undefined) => Promise<string | undefined> {
  const known = new Map<string, Promise<string>>()
  return async (caller) => {
    if (!caller) return undefined
    const name = JSON.stringify(caller)
    const signed = known.get(name) ?? token(caller.scopes.join(' '), caller.address)
    known.set(name, signed)
    return signed
  }
}

type Failure = { readonly path?: readonly (string | number)[]; readonly message: string; readonly extensions?: { readonly code?: string } } // prettier-ignore

/** What has to be the same: not how long it may be kept, nor in which order fields have failed. */
async function answerOf({ url }: Gateway, token: string | undefined, request: Request) {
  const { status, body } = await seenOf(url, token, request)
  const { data, errors = [] } = JSON.parse(body) as { data?: unknown; errors?: readonly Failure[] }
  const failures = errors.map(({ message, path, extensions }) => JSON.stringify([path, extensions?.code, readAlone(message)])) // prettier-ignore
  return { body, comparable: { status, data: JSON.stringify(data), errors: failures.sort() } }
}

/** Where an operator's answer is wrong is told by how it was read: several twinnings of one device by its list. */
function readAlone(message: string): string {
  return message.replace(/twinningList\.twinning\[\d+\]/, 'twinning')
}

test(`random documents of random callers, warm and cold (FUZZ_SEED=${seed})`, async (t) => {
  const { warm, cold } = await startWarmAndCold(t)
  const tokenOf = tokens(warm)
  let hits = 0
  t.after(listen('answer.atHand', () => (hits += 1)))
  const outcomes = { full: 0, partial: 0, refused: 0 }

  for (let n = 0; n < documents; n++) {
    const random = createRandom(seed + n)
    // Every other one is likely to be answered without errors, and so from what is at hand.
    const isGood = n % 2 === 0
    const request = isGood
      ? randomRequest(schema, random, goodValues, unkept)
      : randomRequest(schema, random, values)
    const first = isGood ? randomReader(random) : randomCaller(random)
    const callers = [first, isGood || random.chance(0.5) ? neighbourOf(first, random) : randomCaller(random)]
    const expected = await Promise.all(callers.map(async (caller) => answerOf(cold, await tokenOf(caller), request))) // prettier-ignore
    for (let round = 0; round < rounds; round++)
      for (const [index, caller] of callers.entries()) {
        const asked = { seed, n, round, caller, ...request }
        const { body, comparable } = await answerOf(warm, await tokenOf(caller), request)
        assert.deepEqual({ ...asked, ...comparable }, { ...asked, ...expected[index]?.comparable })
        assertNothingLeaks(body, caller, asked)
        const { status, errors } = comparable
        outcomes[status !== 200 ? 'refused' : errors.length > 0 ? 'partial' : 'full'] += 1
      }
  }

  t.diagnostic(JSON.stringify({ seed, hits, ...outcomes }))
  // That it was no chance of one kind only, and the fast path that was compared.
  assert.ok(outcomes.full > documents / 10 && outcomes.partial > documents / 10, JSON.stringify(outcomes))
  assert.ok(hits > documents / 10, `${hits} answers at hand`)
})

function assertNothingLeaks(body: string, caller: Caller | undefined, asked: Request): void {
  const text = plainly(body)
  for (const secret of secretsFrom(caller, JSON.stringify(asked.variables) + asked.query))
    assert.ok(!text.includes(secret), `${secret} shown: ${JSON.stringify({ ...asked, body }, null, 1)}`)
}

test('the documents are valid, but for values that are none of their type', () => {
  for (let n = 0; n < documents; n++) {
    const { query } = randomRequest(schema, createRandom(n), values)

    const faults = validate(schema, parse(query)).filter(
      ({ extensions }) => extensions.code !== 'BAD_USER_INPUT',
    )
    assert.deepEqual(faults, [], query)
  }
})

test('the search for what leaks finds it', () => {
  const analyst: Caller = { scopes: ['twinning:analytics', 'twinning:voicemail'], address: undefined }
  const secrets = secretsFrom(analyst, '')

  for (const secret of [
    '15550191',
    '15560101',
    'Wätch-one',
    'authCodeOfS1',
    '73919373',
    'tablet-3',
    'guarded',
  ])
    assert.ok(secrets.includes(secret), secret)
  assert.ok(plainly('tel%3A%2B15560101').includes('15560101'))
})
